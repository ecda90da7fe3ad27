//! The W3C trace context of a request: which distributed trace it belongs to.
//! It must not make or change one: an event is passed on with the header that it came with.

use super::Headers;

/// The id of the trace that these headers name, 32 hexadecimal digits of a `traceparent` (W3C Trace Context, section 3.2);
/// `None` where there is none, or one that is not valid.
pub fn trace_id(headers: &Headers) -> Option<String> {
    let text = headers.text("traceparent")?.trim();
    let mut parts = text.split('-');
    let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    };
    let zero = |text: &str| text.bytes().all(|b| b == b'0');
    let whole = hex(version, 2) && hex(id, 32) && hex(parent, 16) && hex(flags, 2);
    // A later version may say more; this one may not.
    let ends = version != "00" || parts.next().is_none();
    if !whole || !ends || version == "ff" || zero(id) || zero(parent) {
        return None;
    }
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_the_standard_says() {
        let read = |value: &str| trace_id(&[("Traceparent", value)].into_iter().collect());
        assert_eq!(
            read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(),
            Some("4bf92f3577b34da6a3ce929d0e0e4736")
        );
        assert!(read("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more").is_some());
        for wrong in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf9-00f067aa0ba902b7-01",
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
