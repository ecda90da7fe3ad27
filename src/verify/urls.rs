//! Other forms of a URL that stand for the same place.

use super::entry::UrlVariant;

/// The other forms of a URL that an entry allows.
pub(super) fn url_variants(variants: &[UrlVariant], url: &str) -> Vec<String> {
    variants
        .iter()
        .filter_map(|variant| match variant {
            UrlVariant::Port => port_variant(url),
            UrlVariant::TrailingSlash => slash_variant(url),
        })
        .collect()
}

/// The same URL with its scheme's own port added, or its port taken away.
pub(super) fn port_variant(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let own = if scheme == "https" { ":443" } else { ":80" };
    Some(match authority.rsplit_once(':') {
        Some((host, _)) if !host.is_empty() => format!("{scheme}://{host}{path}"),
        _ => format!("{scheme}://{authority}{own}{path}"),
    })
}

/// The same URL with a final slash of its path added or taken away.
pub(super) fn slash_variant(url: &str) -> Option<String> {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    match path.strip_suffix('/') {
        Some(rest) if rest.contains("://") && !rest.ends_with('/') => Some(format!("{rest}{query}")),
        _ => Some(format!("{path}/{query}")),
    }
}
