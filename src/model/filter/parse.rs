//! From text to tree, with errors that name the place.

use super::fields::{self, Field, Lookup};
use super::{Expr, Op, Pattern, Saved, Value, moment};
use crate::model::Part;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterError {
    /// What is wrong.
    pub what: String,
    /// Character at which it is wrong, from 0.
    pub at: usize,
    /// What to do about it.
    pub hint: String,
    /// It may be that more is still to be typed.
    pub unfinished: bool,
}

const DEEPEST: usize = 64;

/// Saved filters within saved filters; more is a circle.
const MOST_SAVED: usize = 8;

struct Parser<'a> {
    text: &'a str,
    /// Byte offset.
    at: usize,
    depth: usize,
    saved: &'a Saved,
    /// In how many saved filters we are.
    inside: usize,
}

pub(super) fn parse(text: &str, saved: &Saved) -> Result<Expr, FilterError> {
    Parser { text, at: 0, depth: 0, saved, inside: 0 }.whole()
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<Expr, FilterError> {
        self.space();
        if self.rest().is_empty() {
            return Ok(Expr::And(Vec::new()));
        }
        let expr = self.expr()?;
        match self.rest() {
            "" => Ok(expr),
            _ => Err(self.error(self.at, "a `)` without its `(`", "")),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, at: usize, what: impl Into<String>, hint: impl Into<String>) -> FilterError {
        let hint = Some(hint.into()).filter(|h: &String| !h.is_empty());
        FilterError {
            what: format!("{} (at character {})", what.into(), self.text[..at].chars().count() + 1),
            at: self.text[..at].chars().count(),
            hint: hint.unwrap_or_else(|| "for example: source:stripe -sig:ok since:10m".into()),
            unfinished: false,
        }
    }

    /// The same for what may only not be there yet.
    fn unfinished(&self, at: usize, what: &str, hint: &str) -> FilterError {
        FilterError { unfinished: true, ..self.error(at, what, hint) }
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes `word` if it stands here by itself.
    fn keyword(&mut self, word: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let alone = after.chars().next().is_none_or(|c| c.is_whitespace() || c == '(');
        if alone {
            self.at += word.len();
            self.space();
        }
        alone
    }

    fn expr(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.and()?];
        while self.keyword("OR") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.not()?];
        loop {
            self.space();
            let and = self.keyword("AND");
            let ends = self.rest().is_empty() || self.rest().starts_with(')') || self.is_or();
            match (ends, and) {
                (true, true) => return Err(self.unfinished(self.at, "something must follow AND", "")),
                (true, false) => return Ok(one_or(parts, Expr::And)),
                _ => parts.push(self.not()?),
            }
        }
    }

    fn is_or(&self) -> bool {
        Parser { ..*self }.keyword("OR")
    }

    fn not(&mut self) -> Result<Expr, FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(self.at, "nested too deeply", ""));
        }
        let expr = self.not_or_term();
        self.depth -= 1;
        expr
    }

    fn not_or_term(&mut self) -> Result<Expr, FilterError> {
        let start = self.at;
        if self.keyword("NOT") {
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        if self.rest().starts_with('-') {
            self.at += 1;
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        if self.rest().starts_with('(') {
            self.at += 1;
            self.space();
            let inner = self.expr()?;
            if !self.rest().starts_with(')') {
                return Err(self.unfinished(start, "a `(` is never closed", ""));
            }
            self.at += 1;
            return Ok(inner);
        }
        self.term()
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        let start = self.at;
        if let Some(regex) = self.regex()? {
            return Ok(regex);
        }
        if self.rest().starts_with('@') {
            return self.saved();
        }
        if self.rest().starts_with('"') {
            return self.quoted().map(Expr::Word);
        }
        let bare = self.bare();
        let Some((name, value)) = bare.split_once(':') else {
            if bare.is_empty() {
                return Err(self.unfinished(start, "something is missing here", ""));
            }
            if matches!(bare, "AND" | "OR" | "NOT") {
                let what = format!("`{bare}` belongs between conditions");
                return Err(self.unfinished(start, &what, "put it in quotes to look for the word"));
            }
            if bare.contains('"') {
                return Err(self.error(start, "a quote in the middle of a word", "put the whole of it in quotes"));
            }
            return Ok(Expr::Word(bare.to_owned()));
        };
        if name == "has" {
            return self.presence(start, value);
        }
        if let Some(part) = Part::parse(name) {
            self.at = start + name.len() + 1;
            return self
                .several(|parser, value, at| parser.check_part(value, at))
                .map(|values| Expr::Part(part, values));
        }
        let field = match Field::lookup(name) {
            Lookup::Found(field) => field,
            Lookup::Unknown(nearest) => {
                let hint =
                    nearest.map_or("put it in quotes to look for the text".into(), |n| format!("did you mean `{n}`?"));
                return Err(self.error(start, format!("there is no field `{name}`"), hint));
            }
        };
        self.at = start + name.len() + 1;
        self.values(field).map(|values| Expr::Field(field, values))
    }

    /// What `has:` asks for.
    fn presence(&self, start: usize, value: &str) -> Result<Expr, FilterError> {
        if let Some(part) = Part::parse(value) {
            return Ok(Expr::Has(part));
        }
        match Field::lookup(value) {
            Lookup::Found(field) if field.may_be_absent() => Ok(Expr::HasField(field)),
            _ => {
                let hint = "for example has:body.error, has:header.x-a, has:note, has:key";
                Err(self.error(start, format!("`{value}` is nothing that an event has or has not"), hint))
            }
        }
    }

    /// `@name`, read where it stands for.
    fn saved(&mut self) -> Result<Expr, FilterError> {
        let start = self.at;
        self.at += 1;
        let name = self.bare();
        let Some(text) = self.saved.get(name) else {
            let names: Vec<String> = self.saved.names().map(|name| format!("@{name}")).collect();
            let hint = match names.is_empty() {
                true => "saved filters stand in the table [filters] of the configuration".to_owned(),
                false => format!("there are {}", names.join(" ")),
            };
            return Err(self.error(start, format!("there is no saved filter `@{name}`"), hint));
        };
        let mut inner = Parser { text, at: 0, depth: self.depth, saved: self.saved, inside: self.inside + 1 };
        if inner.inside > MOST_SAVED {
            return Err(self.error(start, format!("`@{name}` stands for itself"), "take it out of its own filter"));
        }
        let within = |e: FilterError| FilterError {
            what: format!("in `@{name}`: {}", e.what),
            at: self.text[..start].chars().count(),
            hint: e.hint,
            unfinished: false,
        };
        let expr = inner.whole().map_err(within)?;
        Ok(Expr::Saved(name.to_owned(), Box::new(expr)))
    }

    /// `/text/` followed by a space or the end; anything else that begins with `/` is a word.
    fn regex(&mut self) -> Result<Option<Expr>, FilterError> {
        let Some(inner) = self.rest().strip_prefix('/') else { return Ok(None) };
        let ends = |at: &usize| {
            let escaped = inner[..*at].bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1;
            let after = inner[at + 1..].chars().next();
            !escaped && after.is_none_or(|c| c.is_whitespace() || c == ')')
        };
        let Some(end) = memchr::memchr_iter(b'/', inner.as_bytes()).find(ends).filter(|&end| end > 0) else {
            return Ok(None);
        };
        let text = &inner[..end];
        let built = regex::bytes::RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build();
        let regex = built.map_err(|e| {
            self.error(
                self.at,
                format!("/{text}/ is no regular expression"),
                e.to_string().lines().last().unwrap_or(""),
            )
        })?;
        self.at += end + 2;
        Ok(Some(Expr::Regex(Pattern { text: text.to_owned(), regex })))
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                c => out.push(c),
            }
        }
        Err(self.unfinished(start, "a quote is never closed", ""))
    }

    /// Text up to a space or an unbalanced `)`.
    fn bare(&mut self) -> &'a str {
        let mut open = 0;
        let end = self.rest().find(|c: char| {
            match c {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' => return true,
                _ => {}
            }
            c.is_whitespace()
        });
        let (word, _) = self.rest().split_at(end.unwrap_or(self.rest().len()));
        self.at += word.len();
        word
    }

    fn values(&mut self, field: Field) -> Result<Vec<Value>, FilterError> {
        self.several(|parser, value, at| parser.check(field, value, at))
    }

    /// A part's value may be anything; what is compared has to be a number.
    fn check_part(&self, value: &Value, at: usize) -> Result<(), FilterError> {
        let number = |text: &String| text.parse::<f64>().is_ok_and(f64::is_finite);
        match value {
            Value::Text(text) if text.is_empty() => {
                Err(self.unfinished(at, "something must follow the colon", "for example body.data.amount:>4000"))
            }
            Value::Compare(_, bound) if !number(bound) => {
                Err(self.error(at, format!("`{value}` is no number"), "for example body.data.amount:>4000"))
            }
            Value::Range(from, to) if !(number(from) && number(to)) => {
                Err(self.error(at, format!("`{value}` is no range of numbers"), "for example body.data.amount:1..10"))
            }
            _ => Ok(()),
        }
    }

    /// Values with commas between, each of which has to pass `check`.
    fn several(
        &mut self,
        check: impl Fn(&Self, &Value, usize) -> Result<(), FilterError>,
    ) -> Result<Vec<Value>, FilterError> {
        let mut values = Vec::new();
        loop {
            let start = self.at;
            let value = if self.rest().starts_with('"') { Value::Text(self.quoted()?) } else { value_of(self.piece()) };
            check(self, &value, start)?;
            values.push(value);
            match self.rest().strip_prefix(',') {
                Some(_) => self.at += 1,
                None if self.rest().is_empty() || self.rest().starts_with(|c: char| c.is_whitespace() || c == ')') => {
                    return Ok(values);
                }
                None => return Err(self.error(self.at, "a space is missing here", "")),
            }
        }
    }

    /// One of several values: bare text up to a comma.
    fn piece(&mut self) -> &'a str {
        let start = self.at;
        let word = self.bare();
        let end = word.find([',', '"']).unwrap_or(word.len());
        self.at = start + end;
        &word[..end]
    }

    fn check(&self, field: Field, value: &Value, at: usize) -> Result<(), FilterError> {
        let wrong =
            |hint: &str| Err(self.error(at, format!("`{value}` does not fit the field `{}`", field.name()), hint));
        let texts: Vec<&String> = match value {
            Value::Text(text) | Value::Compare(_, text) => vec![text],
            Value::Range(from, to) => vec![from, to],
        };
        let plain = matches!(value, Value::Text(_));
        if texts.iter().any(|text| text.is_empty()) {
            return wrong("something must follow the colon").map_err(|e| FilterError { unfinished: true, ..e });
        }
        // At the end of the text more may still be typed.
        let wrong = |hint: &str| {
            let unfinished = self.rest().is_empty();
            wrong(hint).map_err(|e| FilterError { unfinished, ..e })
        };
        match field {
            _ if field.is_number() && texts.iter().all(|t| fields::number(field, t).is_some()) => Ok(()),
            Field::Answer if plain && fields::is_none(texts[0]) => Ok(()),
            Field::Answer => wrong("a status such as 503, 5xx or >=400; none = the connection was ended without one"),
            Field::Status if plain && fields::is_none(texts[0]) => Ok(()),
            Field::Status => wrong("a status such as 503, 5xx or >=400; none = no answer came"),
            Field::Tries => wrong("a number such as 1, >3, 2..5"),
            Field::Took | Field::Ack => wrong("a time such as >2s, <50ms, 1m..5m"),
            Field::Skew => wrong("a time such as >5m; <-1s is a sender whose clock is ahead"),
            Field::Delivery if plain && fields::is_state(texts[0]) => Ok(()),
            Field::Delivery if plain && matches!(texts[0].as_str(), "waiting" | "sending") => wrong(
                "what has not been tried yet is counted by whisper-tui subscribers; retrying delivered dead skipped",
            ),
            Field::Delivery => wrong("retrying delivered dead skipped"),
            Field::Size => wrong("a size such as >64k, 10k..2m"),
            Field::Id => wrong("a number such as 1280, >1000, 5..9"),
            Field::Sig if plain && fields::verdict(texts[0]).is_some() => Ok(()),
            Field::Sig => wrong("valid invalid stale unsigned no_secret unknown, or ok bad old none key ?"),
            Field::Class if plain && fields::is_class(texts[0]) => Ok(()),
            Field::Class => wrong("request handshake rejected message import"),
            Field::Is if plain && fields::STATES.iter().any(|state| state.eq_ignore_ascii_case(texts[0])) => Ok(()),
            Field::Is => wrong(&fields::STATES.join(" ")),
            Field::Since | Field::Before if plain && moment::is_moment(texts[0]) => Ok(()),
            Field::Since | Field::Before => wrong("how long ago, or a time: 10m, 2h, 10:12, 2026-11-23T10:12:00Z"),
            Field::At if matches!(value, Value::Range(..)) && texts.iter().all(|t| moment::is_moment(t)) => Ok(()),
            Field::At if plain && moment::is_moment(texts[0]) && !moment::is_ago(texts[0]) => Ok(()),
            Field::At => wrong("a time or two: 10:12, 10:12..10:13, 2026-11-23, 30m..20m"),
            _ if plain => Ok(()),
            _ => wrong("this field is text: no < > or .."),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn value_of(text: &str) -> Value {
    for (sign, op) in [(">=", Op::Ge), ("<=", Op::Le), (">", Op::Gt), ("<", Op::Lt)] {
        if let Some(number) = text.strip_prefix(sign) {
            return Value::Compare(op, number.to_owned());
        }
    }
    match text.split_once("..") {
        Some((from, to)) => Value::Range(from.to_owned(), to.to_owned()),
        None => Value::Text(text.to_owned()),
    }
}
