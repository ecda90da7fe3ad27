//! Single values out of a JSON text, by path, without building the whole of it in memory.
//! It must not change a number's spelling: what is found is returned as it was written.

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// A value found in a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonLeaf<'a> {
    raw: &'a str,
}

impl<'a> JsonLeaf<'a> {
    /// A string's content, or the text of any other value; `None` for null.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(self.raw).ok().map(Cow::Owned),
            _ if self.raw == "null" => None,
            _ => Some(Cow::Borrowed(self.raw)),
        }
    }
}

impl JsonLeaf<'_> {
    /// Whether it is a string.
    pub fn is_string(&self) -> bool {
        self.raw.starts_with('"')
    }
}

/// The whole text as a value.
pub fn json_value(json: &[u8]) -> Option<JsonLeaf<'_>> {
    std::str::from_utf8(json).ok().map(|raw| JsonLeaf { raw: raw.trim() })
}

/// What stands at `path`, as written.
pub fn json_lookup_raw<'a>(json: &'a [u8], path: &str) -> Option<&'a str> {
    json_lookup(json, path).map(|leaf| leaf.raw)
}

/// The elements of the list at `path` (the whole text where it is empty), as they are written.
pub fn json_array<'a>(json: &'a [u8], path: &str) -> Option<Vec<&'a str>> {
    let raw = match path {
        "" => std::str::from_utf8(json).ok()?,
        path => json_lookup(json, path)?.raw,
    };
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The value at `path` (`data.object.id`, `items.0.id`; of equal keys the last). `None` where it is absent or not JSON.
pub fn json_lookup<'a>(json: &'a [u8], path: &str) -> Option<JsonLeaf<'a>> {
    let mut raw = std::str::from_utf8(json).ok()?;
    for part in path.split('.') {
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        let found = deserializer.deserialize_any(Find(&|key| key == part, part.parse().ok())).ok()?;
        deserializer.end().ok()?;
        raw = found?.1.get();
    }
    Some(JsonLeaf { raw: raw.trim() })
}

/// The members of a JSON object, values as written, of equal keys the last; `None` where it is no object.
pub fn json_members(json: &[u8]) -> Option<HashMap<Cow<'_, str>, &str>> {
    let members: HashMap<Key, &RawValue> = serde_json::from_slice(json).ok()?;
    Some(members.into_iter().map(|(key, value)| (key.0, value.get())).collect())
}

/// The last top-level key for which `wanted` holds.
pub fn json_matching_key(json: &[u8], wanted: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = std::str::from_utf8(json).ok()?;
    let hit = serde_json::Deserializer::from_str(text).deserialize_any(Find(wanted, None)).ok()??;
    Some(hit.0.into_owned())
}

type Hit<'de> = Option<(Cow<'de, str>, &'de RawValue)>;

/// Visits one level and keeps the value whose key or index is wanted.
struct Find<'w>(&'w dyn Fn(&str) -> bool, Option<usize>);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Hit<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut hit = None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if (self.0)(&key.0) {
                hit = Some((key.0, map.next_value::<&RawValue>()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(hit)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut hit = None;
        let mut index = 0;
        while let Some(value) = seq.next_element::<&RawValue>()? {
            if self.1 == Some(index) {
                hit = Some((Cow::Borrowed(""), value));
            }
            index += 1;
        }
        Ok(hit)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[derive(PartialEq, Eq, Hash, serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_as_written() {
        let json = br#"{"id":"evt_1","n":1.10,"data":{"items":[{"a":1},{"a":"\u00e9"}]},"id":"last","z":null}"#;
        let text = |path: &str| json_lookup(json, path).and_then(|l| l.text().map(Cow::into_owned));
        assert_eq!(text("id").as_deref(), Some("last"));
        assert_eq!(text("n").as_deref(), Some("1.10"));
        assert_eq!(text("data.items.1.a").as_deref(), Some("é"));
        assert_eq!(text("z"), None);
        assert_eq!(text("id.x"), None);
        assert_eq!(json_lookup(b"not json", "a"), None);
        assert_eq!(json_array(json, "data.items").unwrap().len(), 2);
        assert_eq!(json_members(json).unwrap()["id"], "\"last\"");
        assert_eq!(json_members(b"[7]"), None);
        assert_eq!(json_matching_key(json, &|k| k != "id").as_deref(), Some("z"));
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
        assert_eq!(json_lookup(deep.as_bytes(), "a.b"), None);
    }
}
