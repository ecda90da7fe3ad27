//! The check of a request against an entry: its schemes in order, and in each the signatures that came.
//! It must not guess: it uses exactly what the entry says, and anything else is the doctor's.

use super::Question;
use super::provider::Provider;
use super::scheme::Scheme;
use super::special;
use super::trial::{Class, Rank, Stage, Trial};
use crate::model::{Judgement, Secret, Step};

/// Whether the steps of a check are written down. On arrival they are not: they can be made anew at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every step with what it found.
    Wanted,
    /// The verdict alone.
    Omitted,
}

/// Checks a request against one entry: its schemes in order, and in each the signatures that the request carries; the
/// first that verifies wins, else the one that came furthest.
pub fn judge(provider: &Provider, secrets: &[Secret], question: &Question, proof: Proof) -> Judgement {
    let judgement = match provider.signs_nothing() {
        true => {
            let step = Step { step: "Header", shows: format!("{} signs nothing", provider.name), ok: None };
            let steps = if proof == Proof::Wanted { vec![step] } else { Vec::new() };
            Judgement { steps, ..Judgement::default() }
        }
        false => judge_schemes(provider.schemes(), provider.builtin.as_deref(), secrets, question, proof),
    };
    Judgement { provider: Some(provider.id.clone()), ..judgement }
}

/// The same against any schemes.
pub(super) fn judge_schemes(
    schemes: &[Scheme],
    builtin: Option<&str>,
    secrets: &[Secret],
    question: &Question,
    proof: Proof,
) -> Judgement {
    let mut best: Option<(Rank, Judgement)> = None;
    let mut keep = |rank: Rank, judgement: Judgement| {
        if best.as_ref().is_none_or(|(before, _)| rank > *before) {
            best = Some((rank, judgement));
        }
        rank.0 == Class::Valid
    };
    'schemes: for scheme in schemes {
        let trial = || Trial { scheme, secrets, question, proof, stage: Stage::Header, steps: Vec::new() };
        let special = builtin.map(special::named);
        let (steps, groups) = trial().read(special.flatten());
        if let (Some(None), false) = (&special, groups.is_empty()) {
            let (rank, judgement) = trial().unsupported(steps);
            keep(rank, judgement);
            continue;
        }
        if groups.is_empty() {
            let (rank, judgement) = trial().without(steps);
            keep(rank, judgement);
            continue;
        }
        for group in &groups {
            let (rank, judgement) = Trial { steps: steps.clone(), ..trial() }.run(group);
            if keep(rank, judgement) {
                break 'schemes;
            }
        }
    }
    best.map(|(_, judgement)| judgement).unwrap_or_default()
}
