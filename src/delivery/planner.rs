//! What an order would send: the event read, the target checked, body, headers and signature made ready.
//! It must not send or record; `Courier` and the subscribers' workers do, and the screen shows what is planned.

use super::http;
use super::queued::is_on_its_way;
use super::redact::recorded;
use crate::model::{
    Allowed, Cause, Destination, Event, EventId, Headers, KeyPolicy, Live, LogId, Outgoing, ReplayMark, ResendOrder,
    SignaturePolicy, StoredEvent, Subscriber, Target, TargetError, Timestamp, outgoing,
};
use crate::store::{AppendError, Reader, StoreError};
use crate::transform;
use crate::verify::{Catalogue, LiveKeyring, Provider, Question, resign};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Where events may go.
#[derive(Debug, Default)]
pub struct Routes {
    /// Origins beyond loopback.
    pub allowed: Allowed,
    /// Who gets events by itself, in the order of the configuration.
    pub subscribers: Vec<Arc<Subscriber>>,
}

impl Routes {
    /// The subscriber of this name.
    pub fn subscriber(&self, name: &str) -> Option<&Arc<Subscriber>> {
        self.subscribers.iter().find(|subscriber| subscriber.name == name)
    }
}

/// What is needed to plan.
#[derive(Clone, Debug)]
pub struct Planner {
    /// The log's file.
    pub log: PathBuf,
    /// The log's UUID.
    pub log_id: LogId,
    /// Secrets with which signatures are made anew.
    pub keyring: LiveKeyring,
    /// Where events may go.
    pub routes: Live<Routes>,
}

/// An event made ready to go.
pub(super) struct Plan {
    /// The event as it goes: edited or transformed, where it was.
    pub(super) stored: StoredEvent,
    pub(super) to: Destination,
    pub(super) out: Outgoing,
    /// For whom, where it is not for a plain URL.
    pub(super) subscriber: Option<Arc<Subscriber>>,
    /// The body is not the one that was received.
    pub(super) reshaped: bool,
}

impl Plan {
    /// Where it goes, as it is recorded.
    pub(super) fn url(&self) -> String {
        match (&self.to, &self.subscriber) {
            (Destination::Url(target), Some(_)) => format!("{}{}", target.origin(), self.out.path),
            (to, _) => to.to_string(),
        }
    }
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
    /// The secret with which a subscriber's events are signed cannot be read.
    #[error("the secret {0} of {1} cannot be read")]
    NoSecret(String, String),
    /// What goes to a subscriber cannot be signed as it is set up.
    #[error("what goes to {0} cannot be signed: {1}")]
    Signer(String, String),
    /// The subscriber has it before it, or is trying it.
    #[error("event {0} is on its way to {1} already")]
    OnItsWay(EventId, String),
    /// What makes the body.
    #[error("transform: {0}")]
    Transform(String),
    /// What makes the body makes none.
    #[error("the transform gives nothing for event {0}")]
    Nothing(EventId),
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
    /// The order is wrong, rather than the answer no.
    pub fn is_usage(&self) -> bool {
        use ResendError::{CannotSign, Header, NoSecret, Sign, Signer, Target};
        matches!(self, Target(_) | Sign(_) | CannotSign(_) | Signer(..) | NoSecret(..) | Header(_))
    }

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
            ResendError::NoSecret(..) => "whisper-tui check says why".into(),
            ResendError::Signer(..) => "look at provider and secret of the subscriber".into(),
            ResendError::OnItsWay(_, name) => format!("whisper-tui subscribers says how {name} is doing"),
            ResendError::Transform(_) | ResendError::Nothing(_) => {
                "the subscriber's transform in the configuration makes the body".into()
            }
            ResendError::Header(_) => "write it as 'Name: value'; what frames the body is made by itself".into(),
            ResendError::Store(error) => error.hint(),
            ResendError::Record(_) => "whisper-tui check examines the log".into(),
        }
    }
}

impl Planner {
    /// Checks everything that can be wrong with an order before anything is sent. Its target is a subscriber's name, or a
    /// URL.
    pub(super) async fn prepare(&self, order: &ResendOrder) -> Result<Plan, ResendError> {
        let routes = self.routes.now();
        if let Some(subscriber) = routes.subscriber(&order.target) {
            match self.read(order.event, Some(Arc::clone(subscriber))).await {
                // By hand it may be sent to a URL at any time, whoever else is named so.
                Err(ResendError::OnItsWay(..)) if order.cause == Cause::Manual && is_url(&order.target) => {}
                read => return self.for_subscriber(subscriber, read?, order).await,
            }
        }
        let target = Target::parse(&order.target)?;
        routes.allowed.check(&target)?;
        let mut stored = self.read(order.event, None).await?;
        if let Some(edited) = &order.edited {
            stored.event = edited.applied(&stored.event);
        }
        let mut out = self.addressed(order, &stored, Some(&target));
        self.sign(order, &stored.event, &mut out)?;
        finish(&mut out, &order.set_headers)?;
        let reshaped = order.edited.is_some();
        Ok(Plan { stored, to: Destination::Url(target), out, subscriber: None, reshaped })
    }

    /// What goes out to a subscriber for an event that has been read.
    pub(super) async fn for_subscriber(
        &self,
        subscriber: &Arc<Subscriber>,
        mut stored: StoredEvent,
        order: &ResendOrder,
    ) -> Result<Plan, ResendError> {
        if stored.damaged {
            return Err(ResendError::Damaged(stored.id));
        }
        if let Some(edited) = &order.edited {
            stored.event = edited.applied(&stored.event);
        }
        if let Some(program) = &subscriber.transform {
            let made = transform::apply(program, &stored.event.body).await.map_err(ResendError::Transform)?;
            stored.event.body = made.ok_or(ResendError::Nothing(stored.id))?.into();
        }
        let to = self.destination(subscriber, &stored.event)?;
        let mut out = self.addressed(order, &stored, to.target());
        match (&subscriber.signer, subscriber.sign, order.signature) {
            (Some(_), SignaturePolicy::Resign, SignaturePolicy::Keep | SignaturePolicy::Resign) => {
                self.sign_as(subscriber, &stored, &to, &mut out)?;
            }
            (_, own, SignaturePolicy::Keep) => {
                self.sign(&ResendOrder { signature: own, ..order.clone() }, &stored.event, &mut out)?;
            }
            _ => self.sign(order, &stored.event, &mut out)?,
        }
        finish(&mut out, &subscriber.headers)?;
        finish(&mut out, &order.set_headers)?;
        let reshaped = order.edited.is_some() || subscriber.transform.is_some();
        Ok(Plan { stored, to, out, subscriber: Some(Arc::clone(subscriber)), reshaped })
    }

    fn destination(&self, subscriber: &Subscriber, event: &Event) -> Result<Destination, ResendError> {
        let Some(target) = subscriber.target.target() else { return Ok(subscriber.target.clone()) };
        self.routes.now().allowed.check(target)?;
        Ok(Destination::Url(match subscriber.append_path {
            true => Target::parse(&target.joined(&event.target))?,
            false => target.clone(),
        }))
    }

    /// The event's own headers with the marks of this journey.
    fn addressed(&self, order: &ResendOrder, stored: &StoredEvent, target: Option<&Target>) -> Outgoing {
        let mark = match order.cause {
            Cause::Replay => ReplayMark::Replay,
            Cause::Live | Cause::Retry => ReplayMark::Live,
            Cause::Manual | Cause::Test => ReplayMark::Manual,
        };
        let fresh = uuid::Uuid::new_v4().to_string();
        outgoing(&self.log_id, stored.id, &stored.event, target, mark, order.key, &fresh)
    }

    /// What an order would send, as it would be recorded.
    pub async fn preview(&self, order: &ResendOrder) -> Result<Outgoing, ResendError> {
        let Plan { stored, out, subscriber, .. } = self.prepare(order).await?;
        let whom = subscriber.as_deref();
        Ok(match (order.signature, whom) {
            // What the sender has sent is shown as it came.
            (SignaturePolicy::Keep | SignaturePolicy::Strip, None) => out,
            _ => Outgoing { headers: recorded(&stored, out.clone(), whom), ..out },
        })
    }

    /// The event, unless it is not fit to be sent; or a subscriber will have it by itself.
    async fn read(&self, id: EventId, whom: Option<Arc<Subscriber>>) -> Result<StoredEvent, ResendError> {
        let path = self.log.clone();
        let read = move || -> Result<_, ResendError> {
            let reader = Reader::open(&path)?;
            let stored = reader.event(id)?.ok_or(ResendError::NoEvent(id))?;
            match whom {
                Some(whom) if is_on_its_way(&reader, &stored, &whom)? => {
                    Err(ResendError::OnItsWay(id, whom.name.clone()))
                }
                _ => Ok(stored),
            }
        };
        let joined = tokio::task::spawn_blocking(read).await;
        let stored = joined.unwrap_or(Err(ResendError::NoEvent(id)))?;
        if stored.damaged {
            return Err(ResendError::Damaged(id));
        }
        match &stored.event.rejected {
            Some(why) => Err(ResendError::Rejected(id, why.clone())),
            None => Ok(stored),
        }
    }

    /// Signs as the subscriber wants it, whoever sent the event.
    fn sign_as(
        &self,
        subscriber: &Subscriber,
        stored: &StoredEvent,
        to: &Destination,
        out: &mut Outgoing,
    ) -> Result<(), ResendError> {
        let Some(signer) = &subscriber.signer else { return Ok(()) };
        let own = provider_of(&stored.event);
        own.into_iter().flat_map(Provider::signature_headers).for_each(|name| out.headers.remove(name));
        let wrong = |why: String| ResendError::Signer(subscriber.name.clone(), why);
        let provider = Catalogue::in_force().get(&signer.provider);
        let provider = provider.ok_or_else(|| wrong(format!("there is no provider {}", signer.provider)))?;
        let keyring = self.keyring.now();
        let missing = || ResendError::NoSecret(signer.secret.to_string(), subscriber.name.clone());
        let secret = keyring.signers.get(&subscriber.name).ok_or_else(missing)?;
        // Nothing of the sender's own signature is in question; what is signed is what goes out, to where it goes.
        let (headers, url) = (Headers::default(), to.to_string());
        let question = Question::of(&stored.event, &headers, to.target().map(|_| url.as_str()));
        // The same at every attempt, so that a receiver can tell a retry.
        let id = format!("msg_{}_{}", self.log_id.0.replace('-', ""), stored.id);
        let fresh = resign(provider, secret, &question, now(), Some(&id)).map_err(wrong)?;
        fresh.into_iter().for_each(|(name, value)| out.headers.set(&name, value));
        Ok(())
    }

    fn sign(&self, order: &ResendOrder, event: &Event, out: &mut Outgoing) -> Result<(), ResendError> {
        match (order.signature, provider_of(event)) {
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

fn is_url(text: &str) -> bool {
    text.contains("://") && Target::parse(text).is_ok()
}

fn provider_of(event: &Event) -> Option<&'static Provider> {
    event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id))
}

/// Sets what the user wants set, and looks whether all of it can be sent.
fn finish(out: &mut Outgoing, set: &[(String, String)]) -> Result<(), ResendError> {
    for (name, value) in set {
        if FRAMING.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(ResendError::Header(name.clone()));
        }
        out.headers.set(name, value.clone());
    }
    http::check(out).map_err(ResendError::Header)
}
