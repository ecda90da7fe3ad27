//! Values as jq writes them, on one line.
//! It must not write more than a target could take.

use jaq_json::{Num, Val};

/// Levels of nesting in a result.
const DEEP: usize = 1000;
/// Bytes of a result.
const LARGE: usize = 25 << 20;

/// Writes a value. What is no number is null, infinities are the largest numbers, and a number without a fraction is
/// written as a whole one.
pub(super) fn write(out: &mut Vec<u8>, value: &Val, depth: usize) -> Result<(), String> {
    if depth > DEEP {
        return Err(format!("the result is nested deeper than {DEEP} levels"));
    }
    match value {
        Val::Null => out.extend(b"null"),
        Val::Bool(yes) => out.extend(yes.to_string().bytes()),
        Val::Num(Num::Float(number)) if number.is_nan() => out.extend(b"null"),
        Val::Num(Num::Float(number)) if number.fract() == 0.0 && number.abs() < 1e17 => {
            out.extend(format!("{number:.0}").bytes());
        }
        Val::Num(Num::Float(number)) => {
            out.extend(Num::Float(number.clamp(f64::MIN, f64::MAX)).to_string().bytes());
        }
        Val::Num(number) => out.extend(number.to_string().bytes()),
        Val::TStr(text) => write_text(out, text)?,
        Val::BStr(_) => return Err("the result holds a byte string".into()),
        Val::Arr(elements) => {
            for (n, element) in elements.iter().enumerate() {
                out.push(if n == 0 { b'[' } else { b',' });
                write(out, element, depth + 1)?;
            }
            out.extend(if elements.is_empty() { "[]" } else { "]" }.bytes());
        }
        Val::Obj(members) => {
            for (n, (key, member)) in members.iter().enumerate() {
                let Val::TStr(key) = key else { return Err("the result has a key that is no text".into()) };
                out.push(if n == 0 { b'{' } else { b',' });
                write_text(out, key)?;
                out.push(b':');
                write(out, member, depth + 1)?;
            }
            out.extend(if members.is_empty() { "{}" } else { "}" }.bytes());
        }
    }
    Ok(())
}

fn write_text(out: &mut Vec<u8>, text: &[u8]) -> Result<(), String> {
    if out.len() + text.len() > LARGE {
        return Err(format!("the result is larger than {} MB", LARGE >> 20));
    }
    serde_json::to_writer(out, &String::from_utf8_lossy(text)).map_err(|e| e.to_string())
}
