//! Compiling a program, and running it over a body.
//! It must not give a program anything but the body.

use super::guard::{GRACE, Guard, TIME, on_thread};
use super::write::write;
use jaq_core::compile::Undefined;
use jaq_core::load::{self, Arena, File, Loader, parse::Def};
use jaq_core::native::{self, bome, v};
use jaq_core::{Compiler, Ctx, DataT, Error, Exn, Filter, Lut, RunPtr, Vars, data::HasLut};
use jaq_json::{Val, read};
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::{Semaphore, oneshot};

/// Bytes of a program.
const LONG: usize = 16 << 10;
/// Digits of a number: reading one takes the square of it.
const DIGITS: usize = 1000;
/// Characters of an error.
const WORDS: usize = 300;
/// Programs that run at once; one that does not end keeps its place.
static PLACES: Semaphore = Semaphore::const_new(16);

/// Native functions that reach outside, and what is replaced by our own.
const NO_FUNCTIONS: [&str; 10] = [
    "env",
    "now",
    "halt",
    "debug_empty",
    "stderr_empty",
    "localtime",
    "strflocaltime",
    "strptime",
    "range",
    "fromjson",
];
/// Definitions that only call those.
const NO_DEFINITIONS: [&str; 4] = ["debug", "stderr", "halt", "halt_error"];

type Program = Arc<Filter<Jq>>;

/// What a program sees besides values: the table of its parts, and the guard.
struct Jq;

impl DataT for Jq {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

#[derive(Clone, Copy)]
struct Run<'a>(&'a Lut<Jq>, &'a Guard);

impl<'a> HasLut<'a, Jq> for Run<'a> {
    /// It is asked for at every step of a program, so that this is where one can be stopped.
    fn lut(&self) -> &'a Lut<Jq> {
        self.1.step();
        self.0
    }
}

/// Whether a text is a program; the error says what is wrong and where.
pub fn check(text: &str) -> Result<(), String> {
    program(text).map(drop)
}

/// Runs a program over a body: the one value that it gives as JSON, `None` where it gives none. An error is one line that
/// may hold parts of the body.
pub async fn apply(text: &str, body: Vec<u8>) -> Result<Option<Vec<u8>>, String> {
    let (text, late) = (text.to_owned(), || "takes too long".to_owned());
    let run = async {
        let place = PLACES.acquire().await.map_err(|e| e.to_string())?;
        let (sender, done) = oneshot::channel();
        let work = move || {
            let _place = place;
            run(&*program(&text)?, &body)
        };
        // Nobody may wait any more.
        on_thread(work, move |result| drop(sender.send(result)))?;
        done.await.unwrap_or_else(|_| Err(late()))
    };
    tokio::time::timeout(TIME + GRACE, run).await.unwrap_or_else(|_| Err(late()))
}

/// The program compiled. Texts come from the configuration: there are few, and each is compiled once.
fn program(text: &str) -> Result<Program, String> {
    static COMPILED: Mutex<Option<HashMap<String, Program>>> = Mutex::new(None);
    let known = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = known().get_or_insert_default().get(text) {
        return Ok(Arc::clone(program));
    }
    if text.len() > LONG {
        return Err(format!("it is longer than {LONG} bytes"));
    }
    let (sender, done) = mpsc::sync_channel(1);
    let own = text.to_owned();
    on_thread(move || compile(&own), move |result| drop(sender.send(result)))?;
    let program = done.recv_timeout(TIME + GRACE).unwrap_or_else(|_| Err("takes too long to compile".into()))?;
    known().get_or_insert_default().insert(text.to_owned(), Arc::clone(&program));
    Ok(program)
}

fn compile(text: &str) -> Result<Program, String> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let defs = defs.filter(|def: &Def<_>| !NO_DEFINITIONS.contains(&def.name));
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let funs = funs.filter(|fun| !NO_FUNCTIONS.contains(&fun.0)).chain(own_functions());
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code: text, path: () }).map_err(|e| unread(text, &e))?;
    // One that is only imported would compile, and panic when it is used.
    load::import(&modules, |_| Err("there are no other files".into())).map_err(|e| unread(text, &e))?;
    let compiled = Compiler::default().with_funs(funs).compile(modules);
    let filter = compiled.map_err(|errors| match errors.first().and_then(|(_, all)| all.first()) {
        Some((name, Undefined::Filter(arity))) => at(text, name, &format!("there is no function {name}/{arity}")),
        Some((name, undefined)) => at(text, name, &format!("undefined {} {name}", undefined.as_str())),
        None => "it cannot be compiled".to_owned(),
    })?;
    Ok(Arc::new(filter))
}

fn unread(text: &str, errors: &load::Errors<&str, ()>) -> String {
    let expected = |what: &str, found: &str| match found.split_whitespace().next() {
        None => at(text, found, &format!("expected {what}, found the end")),
        Some(word) => at(text, found, &format!("expected {what}, found {:?}", short(word, 20))),
    };
    match errors.first().map(|(_, error)| error) {
        Some(load::Error::Io(all)) if !all.is_empty() => at(text, all[0].0, &all[0].1),
        Some(load::Error::Lex(all)) if !all.is_empty() => expected(all[0].0.as_str(), all[0].1),
        Some(load::Error::Parse(all)) if !all.is_empty() => expected(all[0].0.as_str(), all[0].1),
        _ => "it cannot be read".to_owned(),
    }
}

/// Says where; `part` is a piece of `text` itself.
fn at(text: &str, part: &str, what: &str) -> String {
    let what = what.replace(['\n', '\r'], " ");
    let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    let Some(before) = text.get(..start) else { return what };
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {}, column {column}: {what}", before.matches('\n').count() + 1)
}

/// What jaq's own would do without ever asking the guard, or with more than JSON.
fn own_functions() -> impl Iterator<Item = native::Fun<Jq>> {
    let functions: [native::Filter<RunPtr<Jq>>; 2] = [
        ("range", v(3), |mut cv| {
            let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
            let (guard, zero) = (cv.0.data().1, Val::from(0isize));
            let mut next = Some(Ok(from));
            Box::new(std::iter::from_fn(move || {
                guard.step();
                let value: Val = match next.take()? {
                    Ok(value) => value,
                    Err(error) => return Some(Err(Exn::from(error))),
                };
                let goes_on = if by > zero { value < to } else { value > to && by < zero || by == zero && value != to };
                goes_on.then(|| {
                    next = Some(value.clone() + by.clone());
                    Ok(value)
                })
            }))
        }),
        ("fromjson", v(0), |cv| {
            bome(match &cv.1 {
                Val::TStr(text) => parse(text).map_err(|e| Error::str(format!("fromjson: {e}"))),
                _ => Err(Error::typ(cv.1, "string")),
            })
        }),
    ];
    functions.into_iter().map(native::run::<Jq>)
}

fn run(program: &Filter<Jq>, body: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let input = parse(body).map_err(|e| format!("the body is not JSON: {e}"))?;
    let guard = Guard::new();
    let context = Ctx::<Jq>::new(Run(&program.lut, &guard), Vars::new([]));
    let mut outputs = program.id.run((context, input));
    let Some(first) = outputs.next() else { return Ok(None) };
    let first = first.map_err(said)?;
    match outputs.next() {
        None => {}
        Some(Ok(_)) => return Err("it gives more than one value".into()),
        Some(Err(error)) => return Err(said(error)),
    }
    let mut out = Vec::new();
    write(&mut out, &first, 0, &guard)?;
    Ok(Some(out))
}

fn said(error: Exn<Val>) -> String {
    match error.get_err() {
        Ok(error) => short(&error.to_string(), WORDS).replace(['\n', '\r'], " "),
        Err(_) => "it stops outside of its label".into(),
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// jaq reads more than JSON and as deep as it goes, which is why another parser looks first.
fn parse(bytes: &[u8]) -> Result<Val, String> {
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|e| e.to_string())?;
    if bytes.split(|b| !b.is_ascii_digit()).any(|digits| digits.len() > DIGITS) {
        return Err(format!("a number of more than {DIGITS} digits"));
    }
    read::parse_single(bytes).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(program: &str, body: &str) -> Result<String, String> {
        check(program)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let made = runtime.block_on(apply(program, body.as_bytes().to_vec()))?;
        Ok(made.map_or("nothing".to_owned(), |made| String::from_utf8(made).unwrap()))
    }

    #[test]
    fn values_are_written_as_jq_does() {
        let body = r#"{"z":1,"a":[1.0,1e400,12345678901234567890],"b":"\u00e9\n","c":4200}"#;
        for (program, wanted) in [
            (".", r#"{"z":1,"a":[1.0,1e400,12345678901234567890],"b":"é\n","c":4200}"#),
            ("{id: .z, amount: (.c / 100)}", r#"{"id":1,"amount":42}"#),
            (".c / 1000", "4.2"),
            ("[nan, infinite, {}, []]", "[null,1.7976931348623157e308,{},[]]"),
            (".a = 9 | .d = null", r#"{"z":1,"a":9,"b":"é\n","c":4200,"d":null}"#),
            ("select(.z == 2)", "nothing"),
            (".b | test(\"^.\\n$\")", "true"),
            ("[range(0;10;4)] + [range(2;0;-1)]", "[0,4,8,2,1]"),
            ("\"[1,2]\" | fromjson | add", "3"),
        ] {
            assert_eq!(given(program, body).as_deref(), Ok(wanted), "{program}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (program, wanted) in [
            ("", "line 1, column 1: expected term, found the end"),
            (".a |\n  foo(1)", "line 2, column 3: there is no function foo/1"),
            ("$x", "line 1, column 1: undefined variable $x"),
            (".[]", "it gives more than one value"),
            (".[0].b.c", "cannot index 1 with \"c\""),
            ("1, error(\"late\")", "late"),
            ("import \"a\" as $a; $a", "there are no other files"),
        ] {
            let error = given(program, r#"[{"b":1},2]"#).unwrap_err();
            assert!(error.contains(wanted), "{program}: {error}");
        }
        assert!(given(&"(".repeat(20_000), "1").unwrap_err().contains("longer than"));
        assert!(check(&"(".repeat(16_000)).is_err());
    }

    #[test]
    fn nothing_of_the_outside_is_there() {
        for program in ["env", "$ENV", "env.PATH", "input", "now", "halt", "halt_error", "debug", "stderr", "localtime"]
        {
            assert!(check(program).is_err(), "{program}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_or_too_deep_is_refused() {
        let (deep, long) = ("[".repeat(100_000), "9".repeat(1001));
        for body in ["", "1 2", "[1,]", "NaN", "# c\n1", "+1", "01", "{1:2}", "\"a", "nul", &deep, &long] {
            assert!(given(".", body).is_err_and(|e| e.starts_with("the body is not JSON")), "{body}");
        }
        assert!(given("(\"[\" * 100000) | fromjson", "1").is_err());
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped() {
        for program in ["def f: f; f", "[range(1e12)] | length", "try last(repeat(1)) catch 7", "def f: [f]; f"] {
            let error = given(program, "1").unwrap_err();
            assert!(error == "takes too long" || error == "recursion too deep", "{program}: {error}");
        }
        let written = given("reduce range(60) as $i (0; [., .])", "1").unwrap_err();
        assert!(written.contains("larger") || written == "takes too long", "{written}");
    }
}
