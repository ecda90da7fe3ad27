//! Where events may be sent: loopback, and the origins that the user allowed.
//! It must not resolve names; `delivery` does, and holds loopback names to loopback addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// What stands before a command.
const EXEC: &str = "exec:";

/// A checked target URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(Url);

/// The origins beyond loopback to which events may go (`allow_targets`), compared after parsing.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Vec<url::Origin>);

/// Why a text is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no `http` or `https` URL with a host.
    #[error("`{0}` is not a http:// or https:// URL")]
    NotAUrl(String),
    /// It carries a user name or password.
    #[error("a target must not carry a user name or password")]
    Credentials,
    /// Its origin is neither loopback nor allowed.
    #[error("`{0}` is not an allowed target")]
    NotAllowed(String),
    /// An address that nobody has a handler at, allowed or not.
    #[error("{0} is a link-local or metadata address: nothing is ever sent there")]
    Forbidden(IpAddr),
    /// `exec:` without a command.
    #[error("exec: needs a command")]
    NoCommand,
}

impl TargetError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            TargetError::NotAUrl(_) => "for example http://127.0.0.1:3000/hooks".to_owned(),
            TargetError::Credentials => "put them into a header".to_owned(),
            TargetError::Forbidden(_) => "name another target".to_owned(),
            TargetError::NoCommand => "for example exec:./handle.sh".to_owned(),
            TargetError::NotAllowed(origin) => {
                format!("allow it in the configuration: allow_targets = [\"{origin}\"]")
            }
        }
    }
}

impl Target {
    /// Reads a URL; `127.0.0.1:3000/hooks` and `localhost:3000` are taken as `http://`.
    pub fn parse(text: &str) -> Result<Target, TargetError> {
        let text = text.trim();
        let not_a_url = || TargetError::NotAUrl(text.to_owned());
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&full).map_err(|_| not_a_url())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(not_a_url());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        url.set_fragment(None);
        Ok(Target(url))
    }

    /// Whether the URL names this machine: a loopback address, `localhost` or a name under it.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    /// The address, where no name has to be resolved for it.
    fn ip(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
            Host::Domain(_) => None,
        }
    }

    /// Host without brackets, for resolving and for TLS.
    pub fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }

    /// Port, the scheme's own where none is given.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// Whether it speaks TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// `host` or `host:port`, as a `Host` header has it.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// `http://host:port`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Path and query to ask for: the target's own path where it has one, else the event's (contract section 5).
    pub fn path_for(&self, event_target: &str) -> String {
        if self.0.path() != "/" || self.0.query().is_some() {
            let query = self.0.query().map(|q| format!("?{q}")).unwrap_or_default();
            return format!("{}{query}", self.0.path());
        }
        match event_target.find('/') {
            Some(0) => event_target.to_owned(),
            // An absolute request target: take what follows its authority.
            Some(_) => event_target.splitn(4, '/').nth(3).map_or("/".to_owned(), |rest| format!("/{rest}")),
            None => "/".to_owned(),
        }
    }
}

impl Target {
    /// The target's own path with the event's path and query behind it. Dots in the event's path lead nowhere above it.
    pub fn joined(&self, event_target: &str) -> String {
        let origin_form = if event_target.starts_with('/') { event_target } else { "/" };
        let (path, query) = origin_form.split_once('?').map_or((origin_form, ""), |(path, query)| (path, query));
        let lower = path.to_ascii_lowercase();
        let steps = ["/.", "%2e", "\\"].iter().any(|dots| lower.contains(dots));
        let flat = Url::parse(&format!("http://h{path}")).ok().filter(|_| steps);
        let path = flat.as_ref().map_or(path, Url::path);
        let mark = if origin_form.contains('?') { "?" } else { "" };
        format!("{}{}{path}{mark}{query}", self.origin(), self.0.path().trim_end_matches('/'))
    }
}

/// Where a subscriber's events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By HTTP.
    Url(Target),
    /// Into a command of the user's, once for each event.
    Exec(String),
}

impl Destination {
    /// Reads a URL, or `exec:COMMAND`.
    pub fn parse(text: &str) -> Result<Destination, TargetError> {
        match text.trim().strip_prefix(EXEC).map(str::trim) {
            Some("") => Err(TargetError::NoCommand),
            Some(command) => Ok(Destination::Exec(command.to_owned())),
            None => Target::parse(text).map(Destination::Url),
        }
    }

    /// Where it goes by HTTP.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Destination::Url(target) => Some(target),
            Destination::Exec(_) => None,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Url(target) => target.fmt(f),
            Destination::Exec(command) => write!(f, "{EXEC}{command}"),
        }
    }
}

/// Whether an address is one that nothing is sent to even where its origin is allowed: of the link alone, of everybody on
/// it, or one where clouds hand out credentials (169.254.169.254 and fd00:ec2::254 of AWS and others, 100.100.100.200 of
/// Alibaba Cloud, 168.63.129.16 of Azure).
pub fn is_forbidden(ip: IpAddr) -> bool {
    const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || METADATA_V4.contains(&ip)
        }
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || ip == METADATA_V6,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        f.write_str(if self.0.path() == "/" { text.trim_end_matches('/') } else { text })
    }
}

impl Allowed {
    /// Reads origins such as `https://hooks.example.com`.
    pub fn parse(origins: &[String]) -> Result<Allowed, TargetError> {
        origins.iter().map(|text| Target::parse(text).map(|t| t.0.origin())).collect::<Result<_, _>>().map(Allowed)
    }

    /// Lets `target` pass, or says why not.
    pub fn check(&self, target: &Target) -> Result<(), TargetError> {
        if let Some(ip) = target.ip().filter(|ip| is_forbidden(*ip)) {
            return Err(TargetError::Forbidden(ip));
        }
        if target.is_loopback() || self.0.contains(&target.0.origin()) {
            return Ok(());
        }
        Err(TargetError::NotAllowed(target.origin()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn loopback_is_allowed_and_the_rest_by_origin() {
        let allowed = Allowed::parse(&["https://Hooks.example.com".into()]).unwrap();
        for ok in ["127.0.0.1:3000", "http://localhost/x", "http://[::1]:9", "https://hooks.example.com:443/a"] {
            assert_eq!(allowed.check(&target(ok)), Ok(()), "{ok}");
        }
        for bad in ["http://hooks.example.com", "http://10.0.0.1", "http://localhost.evil.com", "http://0.0.0.0"] {
            assert!(allowed.check(&target(bad)).is_err(), "{bad}");
        }
        for bad in ["http://169.254.169.254", "http://[fe80::1]:80", "http://[::ffff:169.254.1.1]", "http://0.0.0.0:80"]
        {
            let allowed = Allowed::parse(&[bad.to_owned()]).unwrap();
            assert!(matches!(allowed.check(&target(bad)), Err(TargetError::Forbidden(_))), "{bad}");
        }
        assert!(Target::parse("ftp://x").is_err());
        assert!(Target::parse("http://a:b@localhost").is_err());
    }

    #[test]
    fn a_destination_is_a_url_or_a_command() {
        let destination = |text: &str| Destination::parse(text).map(|d| d.to_string());
        assert_eq!(destination("exec: ./handle.sh 'a b'").unwrap(), "exec:./handle.sh 'a b'");
        assert_eq!(destination("localhost:3000").unwrap(), "http://localhost:3000");
        assert_eq!(destination("exec: "), Err(TargetError::NoCommand));
    }

    #[test]
    fn what_is_appended_stays_below_the_targets_path() {
        let base = target("localhost:3000/base/");
        for (event, wanted) in [
            ("/a/b?x=/../y", "/base/a/b?x=/../y"),
            ("/../../etc/passwd", "/base/etc/passwd"),
            ("/%2e%2E/etc", "/base/etc"),
            ("/a b", "/base/a b"),
            ("http://h/x", "/base/"),
        ] {
            assert_eq!(base.joined(event), format!("http://localhost:3000{wanted}"), "{event}");
        }
    }

    #[test]
    fn a_target_with_a_path_keeps_it() {
        assert_eq!(target("localhost:3000").path_for("/stripe?x=1"), "/stripe?x=1");
        assert_eq!(target("localhost:3000/hooks").path_for("/stripe?x=1"), "/hooks");
        assert_eq!(target("localhost:3000").path_for("http://h/a?b"), "/a?b");
        assert_eq!(target("localhost:3000").path_for("*"), "/");
    }
}
