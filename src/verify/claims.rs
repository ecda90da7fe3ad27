//! What a token that is genuine says: claims that have to be there, what they have to be, and its times (RFC 7519).

use super::age::Sent;
use super::algorithm::Algorithm;
use super::candidates::Group;
use super::entry::Claim;
use super::jwt::Jwt;
use super::template::Missing;
use super::trial::{End, Trial, known};
use super::words::clip;
use crate::model::{Reason, Verdict};

impl Trial<'_> {
    /// All of it; a time outside its window is not a wrong signature.
    pub(super) fn claims(&mut self, group: &Group, sent: Option<&Sent>) -> Result<Option<Reason>, End> {
        let (Algorithm::Jwt, Some(jwt)) = (group.algorithm, &group.beside.jwt) else { return Ok(None) };
        let rule = &self.scheme.jwt;
        if let Some(missing) = rule.require.iter().find(|name| jwt.claim(name).is_none()) {
            self.step("Claims", Some(false), || format!("{missing} is not there"));
            return Err(End(Verdict::Invalid, Reason::MissingHeader));
        }
        for claim in &rule.claims {
            self.claim(claim, jwt, group, sent)?;
        }
        Ok(self.token_times(jwt))
    }

    fn claim(&mut self, claim: &Claim, jwt: &Jwt, group: &Group, sent: Option<&Sent>) -> Result<(), End> {
        if claim.if_body && self.question.body.is_empty() {
            return Ok(());
        }
        let name = &claim.claim;
        let wanted = match claim.equals.render(self.question, &known(group, sent, b"")) {
            Ok(wanted) => String::from_utf8_lossy(&wanted).into_owned(),
            Err(Missing::Param(setting)) => {
                let shows = || format!("{name} is not compared: the source has no params.{setting}");
                self.step("Claims", None, shows);
                return Ok(());
            }
            Err(Missing::Value(_)) => String::new(),
        };
        let same = |text: &str| match claim.ignore_padding {
            true => text.trim_end_matches('=') == wanted.trim_end_matches('='),
            false => text == wanted,
        };
        let holds = jwt.claims(name, same);
        self.step("Claims", Some(holds), || match holds {
            true => format!("{name} is as it has to be"),
            false => {
                let said = jwt.claim(name).unwrap_or_else(|| "nothing".into());
                format!("{name} says {}  wanted {}", clip(&said, 80), clip(&wanted, 80))
            }
        });
        if holds { Ok(()) } else { Err(End(Verdict::Invalid, Reason::Mismatch)) }
    }

    /// Whether it was good when it arrived: `exp` and `nbf`, where it has them.
    fn token_times(&mut self, jwt: &Jwt) -> Option<Reason> {
        let arrived = self.question.arrived.0 as f64 / 1e6;
        let leeway = self.scheme.jwt.leeway as f64;
        let untimely = |name: &str| jwt.claim(name).is_some() && jwt.time(name).is_none();
        if untimely("exp") || untimely("nbf") {
            self.step("Claims", Some(false), || "exp or nbf is no time".into());
            return Some(Reason::TooOld);
        }
        if let Some(exp) = jwt.time("exp").filter(|exp| arrived > exp + leeway) {
            self.step("Claims", Some(false), || {
                format!("it was good until {exp} (exp), {:.0} s before", arrived - exp)
            });
            return Some(Reason::TooOld);
        }
        let nbf = jwt.time("nbf").filter(|nbf| arrived < nbf - leeway)?;
        self.step("Claims", Some(false), || format!("it is good from {nbf} on (nbf), in {:.0} s", nbf - arrived));
        Some(Reason::InFuture)
    }
}
