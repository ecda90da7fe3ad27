//! A sample request to the own listener, so that there is something to look at.

use super::http::{self, Sending};
use crate::model::{Headers, Outgoing, Target};

const BODY: &str = r#"{"hello":"world","from":"whisper-tui","test":true}"#;

/// Sends one to the listener at `url`, marked as a test (contract section 5). An error says what went wrong.
pub async fn send_sample(url: &str) -> Result<(), String> {
    let target = Target::parse(url).map_err(|e| e.to_string())?;
    let mut headers = Headers::default();
    headers.push("Host", target.authority());
    headers.push("User-Agent", concat!("whisper-tui/", env!("CARGO_PKG_VERSION")));
    headers.push("Content-Type", "application/json");
    headers.push("Whisper-Test", "1");
    headers.push("Content-Length", BODY.len().to_string());
    let out = Outgoing { method: "POST".into(), path: "/test".into(), headers };
    let sending = Sending { target: &target, out: &out, body: BODY.into() };
    let answered = http::exchange(sending, std::future::pending()).await;
    match (answered.status, answered.error) {
        (Some(200..=299), None) => Ok(()),
        (Some(status), None) => Err(format!("the listener answered {status}")),
        (_, error) => Err(error.unwrap_or_else(|| "no answer".to_owned())),
    }
}
