//! Each source with what the configuration, the catalogue and the log say of it.

use crate::model::{SourceFacts, SubscriberStanding};
use crate::store::{Reader, StoreError};
use crate::verify::{Catalogue, Keyring, Provider};

/// Sources that nobody configured are invented by senders: so many of them are looked at, those with the most events.
const MOST: usize = 50;

/// Those of the configuration in their order, then the others by how many events they have.
pub fn sources(
    reader: &Reader,
    keyring: &Keyring,
    standings: &[SubscriberStanding],
) -> Result<Vec<SourceFacts>, StoreError> {
    let totals = reader.totals()?;
    let mut all: Vec<SourceFacts> = keyring
        .sources
        .iter()
        .map(|source| SourceFacts {
            name: source.name.clone(),
            configured: true,
            path: Some(source.path.clone()),
            provider: source.provider.clone(),
            public_url: source.public_url.clone(),
            secrets: source.secrets.iter().map(|secret| secret.name.clone()).collect(),
            ..SourceFacts::default()
        })
        .collect();
    let mut others: Vec<(&String, u64)> = totals
        .arrivals
        .iter()
        .filter(|(name, _)| !all.iter().any(|one| one.name == **name))
        .map(|(name, counts)| (name, counts.arrived))
        .collect();
    others.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    let other = |(name, _): (&String, u64)| SourceFacts { name: name.clone(), ..SourceFacts::default() };
    all.extend(others.into_iter().take(MOST).map(other));
    let mut recent = reader.recent()?;
    for one in &mut all {
        one.recent = recent.remove(&one.name).unwrap_or_default();
        fill(one, keyring);
        one.ever = totals.arrivals.get(&one.name).cloned().unwrap_or_default();
        // One without a filter gets everything, though nothing may have been tried yet.
        one.recent.has_subscriber |= standings.iter().any(|standing| standing.when.is_empty());
        one.waiting = standings.iter().map(|standing| (standing.name.clone(), standing.waiting)).collect();
    }
    Ok(all)
}

fn fill(one: &mut SourceFacts, keyring: &Keyring) {
    if one.provider.is_none() {
        one.provider.clone_from(&one.recent.provider);
    }
    let provider: Option<&Provider> = one.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
    if let Some(provider) = provider {
        one.deadline_us = provider.patience.deadline;
        one.signs_nothing = provider.signs_nothing();
        if one.secrets.is_empty() {
            let source = keyring.sources.iter().find(|source| source.name == one.name);
            one.secrets = keyring.secrets(source, &provider.id).iter().map(|secret| secret.name.clone()).collect();
        }
    }
}
