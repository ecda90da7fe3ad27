//! One value of a body changed: `data.object.amount=100`.
//! It must not know whose body it is.

use crate::model::json_lookup_raw;
use serde_json::Value;

/// Why a value cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The body is no JSON.
    #[error("the body is no JSON, so that no value of it can be set")]
    NotJson,
    /// There is no path.
    #[error("there is no path before the equals sign")]
    NoPath,
    /// Something on the way holds nothing.
    #[error("`{0}` is no object and no list, so that nothing can be set in it")]
    HoldsNothing(String),
    /// A list has no such place.
    #[error("`{0}`: the list has {1} elements")]
    TooShort(String, usize),
}

/// What somebody typed as a value: JSON, or else a text.
pub(super) fn typed(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))
}

/// Sets what stands at `path` (`a.b.0` or `a.b[0]`). What is there is replaced and everything else stays byte for byte; what
/// is not is added, in the body's own layout.
pub(super) fn set_json(body: &[u8], path: &str, value: Value) -> Result<Vec<u8>, SetError> {
    let mut json: Value = serde_json::from_slice(body).map_err(|_| SetError::NotJson)?;
    let path = plain(path);
    if path.is_empty() {
        return Err(SetError::NoPath);
    }
    if let Some(old) = json_lookup_raw(body, &path) {
        let at = old.as_ptr() as usize - body.as_ptr() as usize;
        return Ok([&body[..at], value.to_string().as_bytes(), &body[at + old.len()..]].concat());
    }
    *place(&mut json, &path)? = value;
    let pretty = body.contains(&b'\n');
    let text = if pretty { serde_json::to_vec_pretty(&json) } else { serde_json::to_vec(&json) };
    text.map_err(|_| SetError::NotJson)
}

/// A path with points only.
fn plain(path: &str) -> String {
    path.replace('[', ".").replace(']', "").trim_matches('.').to_owned()
}

fn place<'v>(json: &'v mut Value, path: &str) -> Result<&'v mut Value, SetError> {
    let mut at = json;
    let mut passed = String::new();
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let here = passed.clone();
        passed = if here.is_empty() { name.to_owned() } else { format!("{here}.{name}") };
        at = match at {
            Value::Object(object) => object.entry(name).or_insert_with(|| Value::Object(Default::default())),
            Value::Array(list) => {
                let many = list.len();
                let found = name.parse().ok().and_then(|n: usize| list.get_mut(n));
                found.ok_or(SetError::TooShort(passed.clone(), many))?
            }
            _ => return Err(SetError::HoldsNothing(here)),
        };
    }
    Ok(at)
}

/// Sets a field of a form.
pub(super) fn set_form(body: &[u8], name: &str, value: &str) -> Vec<u8> {
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    match pairs.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => value.clone_into(old),
        None => pairs.push((name.to_owned(), value.to_owned())),
    }
    form(&pairs)
}

/// Fields as `application/x-www-form-urlencoded` (WHATWG URL, section 5).
pub(super) fn form(pairs: &[(String, String)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(body: &str, path: &str, value: &str) -> Result<String, SetError> {
        set_json(body.as_bytes(), path, typed(value)).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn values_are_set_where_they_stand_and_the_rest_stays() {
        let body = r#"{"z":1,"a":{"list":[{"n":1.50},2]}}"#;
        assert_eq!(set(body, "a.list.0.n", "7").unwrap(), r#"{"z":1,"a":{"list":[{"n":7},2]}}"#);
        assert_eq!(set(body, "a.list[1]", "two").unwrap(), r#"{"z":1,"a":{"list":[{"n":1.50},"two"]}}"#);
        assert_eq!(
            set(r#"{"big":12345678901234567890123, "a":1}"#, "a", "2").unwrap(),
            r#"{"big":12345678901234567890123, "a":2}"#
        );
        assert_eq!(set(body, "new.b", "true").unwrap(), r#"{"z":1,"a":{"list":[{"n":1.5},2]},"new":{"b":true}}"#);
        assert_eq!(set("{\n  \"a\": 1\n}", "a", "\"1\"").unwrap(), "{\n  \"a\": \"1\"\n}");
        assert_eq!(set(body, "z.b", "1"), Err(SetError::HoldsNothing("z".into())));
        assert_eq!(set(body, "a.list.9", "1"), Err(SetError::TooShort("a.list.9".into(), 2)));
        assert_eq!(set(body, "", "1"), Err(SetError::NoPath));
        assert_eq!(set("a=b", "a", "1"), Err(SetError::NotJson));
        assert_eq!(set_form(b"a=1&b=x+y", "b", "z&"), b"a=1&b=z%26");
    }
}
