//! What can be copied of the selected event. Copies carry true bytes; credentials are left out of curl.

use super::Opened;

/// Keys after `y`, and what each copies.
pub const CHOICES: [(char, &str); 6] =
    [('b', "body"), ('h', "headers"), ('c', "curl command"), ('r', "raw request"), ('i', "id"), ('u', "listener URL")];

/// The bytes that `key` stands for.
pub(super) fn content(key: char, opened: Option<&Opened>, url: &str) -> Option<Vec<u8>> {
    if key == 'u' {
        return Some(url.as_bytes().to_vec());
    }
    let event = &opened?.stored.event;
    Some(match key {
        'b' => event.body.to_vec(),
        'h' => opened?.headers.to_lines(),
        'c' => opened?.curl.clone().into_bytes(),
        'r' => [&event.head.0[..], &event.body[..]].concat(),
        'i' => opened?.stored.id.to_string().into_bytes(),
        _ => return None,
    })
}
