//! The `[[answer]]` tables and the presets: what is written there as rules.

use super::filters;
use super::units::{Age, age};
use crate::answer::{BodyText, Chance, Delay, Manner, Per, Rule, Step, Through};
use crate::model::filter::Filter;
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;
use std::time::Duration;

/// Rules that need no configuration, as shipped.
const PRESETS: &str = include_str!("../../assets/answers.toml");

/// How long a subscriber has to answer.
const WITHIN: Duration = Duration::from_secs(3);

/// The two tables that hold a step: one of a script, and a rule with one step.
macro_rules! tables {
    ($($field:ident: $kind:ty),* $(,)?) => {
        #[derive(Default, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        struct StepTable {
            $($field: Option<$kind>,)*
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct AnswerTable {
            name: Option<String>,
            when: Option<When>,
            per: Option<Per>,
            preset: Option<String>,
            from: Option<FromText>,
            within: Option<Age>,
            #[serde(rename = "else")]
            otherwise: Option<StepTable>,
            script: Option<Vec<StepTable>>,
            probability: Option<f64>,
            seed: Option<u64>,
            on: Option<bool>,
            $($field: Option<$kind>,)*
        }

        impl AnswerTable {
            /// The fields of its one step.
            fn step(&mut self) -> StepTable {
                StepTable { $($field: self.$field.take(),)* }
            }
        }
    };
}

tables! {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    delay: DelayText,
    times: u32,
    lasts: Age,
    retry_after: Age,
    drop: bool,
    half: bool,
    reset: bool,
    trickle: Age,
}

struct When(Filter);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let filter = filters::when(deserializer)?;
        match filter.looks_ahead() {
            true => {
                Err(D::Error::custom("when: answers and what you keep beside an event are not known when it arrives"))
            }
            false => Ok(When(filter)),
        }
    }
}

/// `subscriber:NAME`.
struct FromText(String);

impl<'de> Deserialize<'de> for FromText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = text.strip_prefix("subscriber:").filter(|name| !name.is_empty());
        let wrong = || D::Error::custom(format!("from: \"{text}\" is not of the form \"subscriber:NAME\""));
        name.map(|name| FromText(name.to_owned())).ok_or_else(wrong)
    }
}

/// A time, or two with `..` between.
#[derive(PartialEq)]
struct DelayText(Delay);

impl<'de> Deserialize<'de> for DelayText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (least, most) = text.split_once("..").unwrap_or((&text, &text));
        let read = age(least.trim()).zip(age(most.trim())).filter(|(least, most)| least <= most);
        let wrong = || D::Error::custom(format!("\"{text}\" is not of the form \"2s\" or \"200ms..2s\""));
        read.map(|(least, most)| DelayText(Delay { least, most })).ok_or_else(wrong)
    }
}

/// One `[[answer]]`; its name may still be missing.
pub(super) struct Answer(Rule);

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnswerTable::deserialize(deserializer)?.rule().map(Answer).map_err(D::Error::custom)
    }
}

impl AnswerTable {
    fn rule(mut self) -> Result<Rule, String> {
        let own = self.step();
        let has_own = own != StepTable::default();
        if self.from.is_none() && (self.within.is_some() || self.otherwise.is_some()) {
            return Err("within and else belong to from = \"subscriber:NAME\"".into());
        }
        if self.from.is_some() {
            if has_own || self.preset.is_some() || self.script.is_some() {
                return Err("what is told where the subscriber does not answer stands in else".into());
            }
            // Without an else it is as if there were no rule: 200.
            self.script = Some(vec![self.otherwise.take().unwrap_or_default()]);
        }
        let named = self.preset.clone();
        let (per, script) = match (self.preset, self.script) {
            (Some(_), Some(_)) => return Err("it has a preset and a script: one is enough".into()),
            (Some(_), None) | (None, Some(_)) if has_own => {
                return Err("its step stands in the script or the preset already".into());
            }
            (Some(name), None) => {
                let preset = preset(&name).ok_or_else(|| unknown(&name))?;
                (self.per.unwrap_or(preset.per), preset.script)
            }
            (None, Some(steps)) if steps.is_empty() => return Err("its script is empty".into()),
            (None, Some(steps)) => {
                let steps = steps.into_iter().map(StepTable::step).collect::<Result<Vec<_>, _>>()?;
                (self.per.unwrap_or_default(), steps)
            }
            (None, None) if !has_own => return Err("it says nothing: a status, a script or a preset".into()),
            (None, None) => (self.per.unwrap_or_default(), vec![own.step()?]),
        };
        let of = self.from.as_ref().map(|from| format!("from {}", from.0));
        let through = self
            .from
            .map(|from| Through { subscriber: from.0, within: self.within.as_ref().map_or(WITHIN, |time| time.0) });
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("probability {probability} is not between 0 and 1"));
        }
        Ok(Rule {
            name: self.name.or(named).or(of).unwrap_or_default(),
            when: self.when.map(|when| when.0),
            per,
            script,
            through,
            chance: Chance { probability, seed: self.seed.unwrap_or(0) },
            on: self.on.unwrap_or(true),
        })
    }
}

impl StepTable {
    fn step(self) -> Result<Step, String> {
        let status = self.status.unwrap_or(200);
        if !(200..=599).contains(&status) {
            return Err(format!("status {status} is not between 200 and 599"));
        }
        let headers: Vec<(String, String)> = self.headers.unwrap_or_default().into_iter().collect();
        if let Some((name, _)) = headers.iter().find(|(name, value)| !is_header(name, value)) {
            return Err(format!("`{}` cannot be sent as a header", name.escape_default()));
        }
        let flags = [(self.half, Manner::Half), (self.drop, Manner::Drop), (self.reset, Manner::Reset)];
        let mut manners = flags.into_iter().filter(|(set, _)| *set == Some(true)).map(|(_, manner)| manner);
        let trickle = self.trickle.map(|time| Manner::Trickle(time.0));
        let manner = trickle.or_else(|| manners.next()).unwrap_or(Manner::Whole);
        if manners.next().is_some() || (trickle.is_some() && flags.iter().any(|(set, _)| *set == Some(true))) {
            return Err("one of drop, half, reset and trickle is enough".into());
        }
        let silent = matches!(manner, Manner::Drop | Manner::Reset);
        if silent && (self.status.is_some() || self.body.is_some() || !headers.is_empty()) {
            return Err("a connection that is dropped or reset has no status, headers or body".into());
        }
        if self.times == Some(0) {
            return Err("times = 0: leave the step out".into());
        }
        let bodiless = matches!(status, 204 | 205 | 304);
        if bodiless && (self.body.is_some() || matches!(manner, Manner::Half | Manner::Trickle(_))) {
            return Err(format!("an answer with the status {status} has no body (RFC 9110)"));
        }
        Ok(Step {
            status,
            headers,
            retry_after: self.retry_after.map(|time| time.0),
            body: BodyText::parse(&self.body.unwrap_or_default()).map_err(|e| e.to_string())?,
            delay: self.delay.map_or(Delay::default(), |delay| delay.0),
            manner,
            times: self.times,
            lasts: self.lasts.map(|time| time.0),
        })
    }
}

/// Field name and value as RFC 9110 section 5 has them; what frames the answer is made by the listener.
pub(super) fn is_header(name: &str, value: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let framing = ["content-length", "transfer-encoding", "connection"];
    !name.is_empty()
        && name.bytes().all(token)
        && !framing.contains(&name.to_ascii_lowercase().as_str())
        && value.bytes().all(|b| b == b'\t' || (b >= 0x20 && b != 0x7f))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetTable {
    time: Option<Age>,
    #[serde(default)]
    per: Per,
    script: Vec<StepTable>,
}

/// The presets in the order of their names, none of them on.
pub(super) fn presets() -> Vec<Rule> {
    let tables = read_presets();
    tables.into_iter().filter_map(|(name, table)| Some(Rule { name, ..ready(table, None)? })).collect()
}

/// The preset of this name; with another time in the name its times are longer or shorter.
fn preset(name: &str) -> Option<Rule> {
    let mut tables = read_presets();
    if let Some(table) = tables.remove(name) {
        return ready(table, None);
    }
    let (stem, time) =
        name.rsplit_once('-').and_then(|(stem, time)| Some((stem, Some(age(time)?)))).unwrap_or((name, None));
    let known = tables.keys().find(|known| timeless(known) == stem).cloned()?;
    ready(tables.remove(&known).filter(|table| table.time.is_some())?, time)
}

/// `down` for `down-90s`.
fn timeless(name: &str) -> &str {
    name.rsplit_once('-').filter(|(_, time)| age(time).is_some()).map_or(name, |(stem, _)| stem)
}

fn ready(table: PresetTable, time: Option<Duration>) -> Option<Rule> {
    let own = table.time.map(|time| time.0);
    let factor = time.zip(own).map_or(1.0, |(time, own)| time.as_secs_f64() / own.as_secs_f64());
    let steps = table.script.into_iter().map(StepTable::step).collect::<Result<Vec<_>, _>>().ok()?;
    Some(Rule {
        name: String::new(),
        when: None,
        per: table.per,
        script: steps.into_iter().map(|step| step.scaled(factor)).collect(),
        through: None,
        chance: Chance::default(),
        on: false,
    })
}

/// The shipped file is read by a test: here it cannot fail.
fn read_presets() -> BTreeMap<String, PresetTable> {
    toml::from_str(PRESETS).unwrap_or_default()
}

fn unknown(name: &str) -> String {
    let known: Vec<String> = read_presets().into_keys().collect();
    format!("there is no preset `{name}`; there are {}, and those with a time take another: down-5m", known.join(", "))
}

/// The rules of the file, each with a name of its own, and after them the presets, which are off.
pub(super) fn rules(answers: Vec<Answer>) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for (n, Answer(mut rule)) in answers.into_iter().enumerate() {
        if rule.name.is_empty() {
            rule.name = format!("answer {}", n + 1);
        }
        if rules.iter().any(|other| other.name == rule.name) {
            return Err(format!("two answers are named `{}`", rule.name));
        }
        rules.push(rule);
    }
    let presets = presets().into_iter().filter(|preset| rules.iter().all(|rule| rule.name != preset.name));
    let presets: Vec<Rule> = presets.collect();
    rules.extend(presets);
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Rule>, String> {
        super::super::file::parse(text, "c.toml").map(|config| config.answers).map_err(|e| e.what)
    }

    #[test]
    fn the_contracts_example_is_read() {
        let rules = read(
            r#"[[answer]]
            when = "path:/flaky"
            per = "family"
            script = [{ status = 500, times = 2 }, { status = 429, retry_after = "3s" }, { drop = true }, { status = 200, body = "ok {id}" }]
            [[answer]]
            name = "mine"
            delay = "200ms..2s"
            probability = 0.5"#,
        )
        .unwrap();
        assert_eq!(rules[0].words(), "500 twice, then 429 once, then drop once, then 200; for each event; path:/flaky");
        assert_eq!((rules[0].name.as_str(), rules[1].name.as_str()), ("answer 1", "mine"));
        assert_eq!(rules[1].words(), "200 after 200 ms to 2 s; with probability 0.5");
        assert!(rules[0].on && rules[1].on && !rules[2].on);
    }

    #[test]
    fn presets_can_be_read_and_take_another_time() {
        let names: Vec<String> = presets().into_iter().map(|rule| rule.name).collect();
        assert_eq!(names, ["down-90s", "flaky", "rate-limited", "slack-3s", "slow"]);
        for (name, words) in [
            ("flaky", "500 twice, then 200; for each event"),
            ("down-90s", "503 for 90 s, then 200"),
            ("down-500ms", "503 for 500 ms, then 200"),
            ("down", "503 for 90 s, then 200"),
            ("slow-2s", "200 after 2 s"),
            ("rate-limited-600ms", "429 for 600 ms, then 200; for each event"),
            ("slack-30ms", "200 after 36 ms once, then 200; for each event"),
        ] {
            assert_eq!(preset(name).unwrap().words(), words, "{name}");
        }
        assert!(preset("flaky-3s").is_none() && preset("nope").is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_with_its_line() {
        for (text, wanted) in [
            ("[[answer]]\nstatus = 500\nstaus = 1", "c.toml, line 3: unknown field `staus`"),
            ("[[answer]]\nwhen = \"sgi:bad\"\nstatus = 1", "c.toml, line 2: when: "),
            ("[[answer]]\nwhen = \"answer:500\"\nstatus = 500", "not known when it arrives"),
            ("[[answer]]\ndelay = 2", "line 2: `delay`: invalid type: integer `2`, expected a string"),
            ("[[answer]]\nstatus = 500\nper = \"event\"", "line 3: `per`: unknown variant `event`, expected one of"),
            ("[answer]\nstatus = 500", "line 1: `answer`: invalid type: map, expected a sequence"),
            ("[[answer]]\npreset = \"flakey\"", "c.toml, line 1: there is no preset `flakey`; there are down-90s"),
            ("[[answer]]\npreset = \"flaky\"\nstatus = 500", "its step stands in the script or the preset already"),
            ("[[answer]]\nname = \"x\"", "it says nothing"),
            ("[[answer]]\nscript = []", "its script is empty"),
            ("[[answer]]\ndrop = true\nstatus = 500", "a connection that is dropped or reset has no status"),
            ("[[answer]]\ndrop = true\nhalf = true", "one of drop, half, reset and trickle is enough"),
            ("[[answer]]\nfrom = \"api\"", "\"api\" is not of the form \"subscriber:NAME\""),
            ("[[answer]]\nfrom = \"subscriber:api\"\nstatus = 500", "stands in else"),
            ("[[answer]]\nwithin = \"3s\"\nstatus = 500", "belong to from"),
            ("[[answer]]\nstatus = 204\nbody = \"x\"", "an answer with the status 204 has no body"),
            ("[[answer]]\nstatus = 99", "status 99 is not between"),
            ("[[answer]]\nbody = \"{ide}\"", "there is no field {ide}"),
            ("[[answer]]\ndelay = \"3s..1s\"", "\"3s..1s\" is not of the form"),
            ("[[answer]]\nstatus = 500\nprobability = 2", "probability 2 is not between 0 and 1"),
            ("[[answer]]\nheaders = { \"a b\" = \"c\" }", "`a b` cannot be sent as a header"),
            ("[[answer]]\nname=\"a\"\nstatus=500\n[[answer]]\nname=\"a\"\nstatus=500", "two answers are named `a`"),
        ] {
            let what = read(text).unwrap_err();
            assert!(what.contains(wanted), "{text}: {what}");
        }
    }
}
