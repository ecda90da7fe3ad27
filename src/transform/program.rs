//! Compiling a program, and running it over a body, here and now.
//! It must not give a program anything but the body; how long it takes is bounded by whoever calls.

use super::write::write;
use jaq_core::compile::Undefined;
use jaq_core::load::{self, Arena, File, Loader, parse::Def};
use jaq_core::{Compiler, Ctx, Exn, Filter, Vars, data::JustLut};
use jaq_json::{Val, read};
use serde::de::IgnoredAny;

/// Bytes of a program.
const LONG: usize = 16 << 10;
/// Digits of a number: reading one takes the square of it.
const DIGITS: usize = 1000;
/// Characters of an error.
const WORDS: usize = 300;
/// Bytes of a stack on which programs and values go deep. It is only as large in memory as it is used.
const STACK: usize = 256 << 20;

/// Native functions that reach outside.
const NO_FUNCTIONS: [&str; 8] =
    ["env", "now", "halt", "debug_empty", "stderr_empty", "localtime", "strflocaltime", "strptime"];
/// Definitions that only call those.
const NO_DEFINITIONS: [&str; 4] = ["debug", "stderr", "halt", "halt_error"];

type Jq = JustLut<Val>;

/// Whether a text is a program; the error says what is wrong and where.
pub fn check(text: &str) -> Result<(), String> {
    if text.len() > LONG {
        return Err(format!("it is longer than {LONG} bytes"));
    }
    let own = text.to_owned();
    on_large_stack(move || compile(&own).map(drop)).unwrap_or_else(|| Err("it cannot be compiled".into()))
}

/// Works on a thread with a large stack; `None` where that is not to be had, or the work has panicked.
pub(super) fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    std::thread::Builder::new().name("jq".into()).stack_size(STACK).spawn(work).ok()?.join().ok()
}

/// Runs a program over a body: the one value that it gives as JSON, `None` where it gives none.
pub(super) fn run(text: &str, body: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let program = compile(text)?;
    let input = parse(body).map_err(|e| format!("the body is not JSON: {e}"))?;
    let context = Ctx::<Jq>::new(&program.lut, Vars::new([]));
    let mut outputs = program.id.run((context, input));
    let Some(first) = outputs.next() else { return Ok(None) };
    let first = first.map_err(said)?;
    match outputs.next() {
        None => {}
        Some(Ok(_)) => return Err("it gives more than one value".into()),
        Some(Err(error)) => return Err(said(error)),
    }
    let mut out = Vec::new();
    write(&mut out, &first, 0)?;
    Ok(Some(out))
}

fn compile(text: &str) -> Result<Filter<Jq>, String> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let defs = defs.filter(|def: &Def<_>| !NO_DEFINITIONS.contains(&def.name));
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let funs = funs.filter(|fun| !NO_FUNCTIONS.contains(&fun.0));
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code: text, path: () }).map_err(|e| unread(text, &e))?;
    // One that is only imported would compile, and panic when it is used.
    load::import(&modules, |_| Err("there are no other files".into())).map_err(|e| unread(text, &e))?;
    let compiled = Compiler::default().with_funs(funs).compile(modules);
    compiled.map_err(|errors| match errors.first().and_then(|(_, all)| all.first()) {
        Some((name, Undefined::Filter(arity))) => at(text, name, &format!("there is no function {name}/{arity}")),
        Some((name, undefined)) => at(text, name, &format!("undefined {} {name}", undefined.as_str())),
        None => "it cannot be compiled".to_owned(),
    })
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
        let made = run(program, body.as_bytes())?;
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
    }
}
