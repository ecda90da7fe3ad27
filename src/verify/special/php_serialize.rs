//! The fields of a form, sorted by name, as PHP's `serialize` writes an array of strings (Paddle Classic).

use super::{Group, Question, Special, with};

/// The field that carries the signature and is not signed.
const SIGNATURE: &str = "p_signature";

pub(super) struct PhpSerialize;

impl Special for PhpSerialize {
    fn groups(&self, question: &Question, _: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str> {
        with(read, question.form().map(serialize))
    }
}

fn serialize(mut fields: Vec<(String, String)>) -> Vec<u8> {
    fields.retain(|(name, _)| name != SIGNATURE);
    fields.sort();
    let string = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let pairs: String = fields.iter().map(|(name, value)| string(name) + &string(value)).collect();
    format!("a:{}:{{{pairs}}}", fields.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_php_writes_it() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = vec![field("b", "é"), field("p_signature", "x"), field("a", "1")];
        assert_eq!(serialize(fields), "a:2:{s:1:\"a\";s:1:\"1\";s:1:\"b\";s:2:\"é\";}".as_bytes());
    }
}
