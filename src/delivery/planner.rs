//! What an order would send: the event read, the target checked, headers and signature made ready.
//! It must not send or record; `Courier` does, and the screen shows what is planned.

use super::http;
use super::redact::recorded;
use crate::model::{
    Allowed, Cause, EventId, KeyPolicy, LogId, Outgoing, ReplayMark, ResendOrder, SignaturePolicy, StoredEvent,
    Subscriber, Target, TargetError, Timestamp, outgoing,
};
use crate::store::{AppendError, Reader, StoreError};
use crate::verify::{Catalogue, LiveKeyring, Question, resign};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// What is needed to plan.
#[derive(Clone, Debug)]
pub struct Planner {
    /// The log's file.
    pub log: PathBuf,
    /// The log's UUID.
    pub log_id: LogId,
    /// Secrets with which signatures are made anew.
    pub keyring: LiveKeyring,
    /// Origins beyond loopback to which events may go.
    pub allowed: Arc<Allowed>,
}

/// Headers that frame the body or guard against loops, and are not the user's to set.
const FRAMING: [&str; 8] =
    ["content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect", "whisper-hop"];

/// Why an order could not be carried out. An answer of any status is no error.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// No such event.
    #[error("there is no event {0}")]
    NoEvent(EventId),
    /// Its bytes are not the ones that were received.
    #[error("the stored bytes of event {0} no longer match their checksum")]
    Damaged(EventId),
    /// It was never a request.
    #[error("event {0} was rejected and cannot be sent: {1}")]
    Rejected(EventId, String),
    /// Where it should go.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Nobody but the sender can sign so, or the time that is judged stands in the body.
    #[error("a signature of {0} cannot be made anew from here")]
    CannotSign(String),
    /// A signature cannot be made.
    #[error("cannot re-sign: {0}")]
    Sign(String),
    /// A header that cannot be sent.
    #[error("`{0}` is not a header that can be sent")]
    Header(String),
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The attempt was made and could not be recorded.
    #[error("the attempt could not be recorded: {0}")]
    Record(#[from] AppendError),
}

impl ResendError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            ResendError::NoEvent(_) => "whisper-tui list shows the ids".into(),
            ResendError::Damaged(_) => "whisper-tui check examines the log".into(),
            ResendError::Rejected(..) => "only what was accepted can be sent again".into(),
            ResendError::Target(error) => error.hint(),
            ResendError::Sign(_) => {
                "name a secret in [secrets] or with --secret PROVIDER=env:NAME, or keep the signature".into()
            }
            ResendError::CannotSign(_) => "keep the signature, or leave it out".into(),
            ResendError::Header(_) => "write it as 'Name: value'; what frames the body is made by itself".into(),
            ResendError::Store(error) => error.hint(),
            ResendError::Record(_) => "whisper-tui check examines the log".into(),
        }
    }
}

impl Planner {
    /// Checks everything that can be wrong with an order before anything is sent.
    pub async fn prepare(&self, order: &ResendOrder) -> Result<(StoredEvent, Target, Outgoing), ResendError> {
        let target = Target::parse(&order.target)?;
        self.allowed.check(&target)?;
        let mut stored = self.read(order.event).await?;
        if let Some(edited) = &order.edited {
            stored.event = edited.applied(&stored.event);
        }
        let out = self.dressed(order, &stored, &target)?;
        Ok((stored, target, out))
    }

    /// What goes out to a subscriber for an event that has been read.
    pub(super) fn for_subscriber(
        &self,
        subscriber: &Subscriber,
        stored: &StoredEvent,
    ) -> Result<(Target, Outgoing), ResendError> {
        self.allowed.check(&subscriber.target)?;
        if stored.damaged {
            return Err(ResendError::Damaged(stored.id));
        }
        let target = match subscriber.append_path {
            true => Target::parse(&subscriber.target.joined(&stored.event.target))?,
            false => subscriber.target.clone(),
        };
        let order = ResendOrder {
            signature: subscriber.sign,
            set_headers: subscriber.headers.clone(),
            ..ResendOrder::plain(stored.id, target.to_string(), Cause::Live)
        };
        let out = self.dressed(&order, stored, &target)?;
        Ok((target, out))
    }

    /// Headers and signature as the order wants them.
    fn dressed(&self, order: &ResendOrder, stored: &StoredEvent, target: &Target) -> Result<Outgoing, ResendError> {
        let mark = match order.cause {
            Cause::Replay => ReplayMark::Replay,
            Cause::Live | Cause::Retry => ReplayMark::Live,
            Cause::Manual | Cause::Test => ReplayMark::Manual,
        };
        let fresh = uuid::Uuid::new_v4().to_string();
        let mut out = outgoing(&self.log_id, stored.id, &stored.event, target, mark, order.key, &fresh);
        self.sign(order, stored, &mut out)?;
        for (name, value) in &order.set_headers {
            if FRAMING.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                return Err(ResendError::Header(name.clone()));
            }
            out.headers.set(name, value.clone());
        }
        http::check(&out).map_err(ResendError::Header)?;
        Ok(out)
    }

    /// What an order would send, as it would be recorded.
    pub async fn preview(&self, order: &ResendOrder) -> Result<Outgoing, ResendError> {
        let (stored, _, out) = self.prepare(order).await?;
        Ok(match order.signature {
            SignaturePolicy::Resign => Outgoing { headers: recorded(&stored, out.clone()), ..out },
            SignaturePolicy::Keep | SignaturePolicy::Strip => out,
        })
    }

    async fn read(&self, id: EventId) -> Result<StoredEvent, ResendError> {
        let path = self.log.clone();
        let read = move || Reader::open(&path)?.event(id);
        let joined = tokio::task::spawn_blocking(read).await;
        let stored = joined.unwrap_or(Ok(None))?.ok_or(ResendError::NoEvent(id))?;
        if stored.damaged {
            return Err(ResendError::Damaged(id));
        }
        match &stored.event.rejected {
            Some(why) => Err(ResendError::Rejected(id, why.clone())),
            None => Ok(stored),
        }
    }

    fn sign(&self, order: &ResendOrder, stored: &StoredEvent, out: &mut Outgoing) -> Result<(), ResendError> {
        let event = &stored.event;
        let provider = event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
        match (order.signature, provider) {
            (SignaturePolicy::Keep, _) => {}
            (SignaturePolicy::Strip, Some(provider)) => {
                provider.signature_headers().for_each(|name| out.headers.remove(name));
            }
            (SignaturePolicy::Strip, None) => {}
            (SignaturePolicy::Resign, None) => {
                return Err(ResendError::Sign("the sender of this event is not known".into()));
            }
            (SignaturePolicy::Resign, Some(provider)) if !provider.can_sign() => {
                return Err(ResendError::CannotSign(provider.name.clone()));
            }
            (SignaturePolicy::Resign, Some(provider)) => {
                let keyring = self.keyring.now();
                let source = keyring.source_for(event.path());
                let secret = keyring.secrets(source, &provider.id).first();
                let secret = secret.ok_or_else(|| ResendError::Sign(format!("no secret for {}", provider.id)))?;
                let headers = event.head.headers();
                let public_url = source.and_then(|s| s.public_url_of(event.path()));
                let question = Question::of(event, &headers, public_url.as_deref()).at(source);
                // A handler that is to see a new event must not know it by the id that its sender gave it.
                let id = (order.key == KeyPolicy::Fresh).then(|| format!("msg_{}", uuid::Uuid::new_v4().simple()));
                let fresh = resign(provider, secret, &question, now(), id.as_deref()).map_err(ResendError::Sign)?;
                for (name, value) in fresh {
                    out.headers.set(&name, value);
                }
            }
        }
        Ok(())
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
