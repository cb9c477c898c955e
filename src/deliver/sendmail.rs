//! The courier that hands mails to the machine's own mail system, by the command that all
//! of them have: `sendmail -i -f SENDER -- RECIPIENT`, the message on its input, the answer
//! in its exit code (`sysexits.h`).

use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::{Envelope, NoService};
use crate::model::{Outcome, Refusal};

/// Taking a mail is writing it into a queue.
const PATIENCE: Duration = Duration::from_secs(300);
/// For what a command that has ended has still to say.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) async fn send(command: &str, envelope: &Envelope, message: &[u8]) -> Result<Outcome, NoService> {
    match tokio::time::timeout(PATIENCE, run(command, envelope, message)).await {
        Err(_) => {
            let why = format!("`{command}` took longer than {} s", PATIENCE.as_secs());
            Ok(Outcome::Unknown(why))
        }
        Ok(Err(e)) => Err(NoService::lasting(format!("cannot run `{command}`: {e}"))),
        Ok(Ok((code, said))) => judge(command, code, &said),
    }
}

async fn run(command: &str, envelope: &Envelope, message: &[u8]) -> std::io::Result<(Option<i32>, String)> {
    // Commands of a mail system read text as the machine writes it.
    let mut text = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|b| *b == b'\n') {
        let bare = line.strip_suffix(b"\r\n");
        text.extend_from_slice(bare.unwrap_or(line));
        text.extend(bare.map(|_| b'\n'));
    }
    // The words of the command are the owner's; the addresses are never read by the shell.
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec {command} -i -f \"$1\" -- \"$2\""), "sendmail"])
        .args([envelope.from.as_str(), envelope.to.as_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let input = child.stdin.take();
    let feed = async move {
        if let Some(mut input) = input {
            // Who stops reading says why by the exit code.
            let _ = input.write_all(&text).await;
        }
    };
    let mut said = Vec::new();
    let stderr = child.stderr.take();
    let status = {
        let mut listen = pin!(async {
            if let Some(mut stderr) = stderr {
                let _ = stderr.read_to_end(&mut said).await;
            }
        });
        let mut work = pin!(async { tokio::join!(feed, child.wait()).1 });
        tokio::select! {
            // What it has left running in the background may hold the line for ever.
            status = &mut work => {
                let _ = tokio::time::timeout(LAST_WORDS, listen).await;
                status
            }
            () = &mut listen => work.await,
        }
    };
    Ok((status?.code(), String::from_utf8_lossy(&said).into_owned()))
}

fn judge(command: &str, code: Option<i32>, said: &str) -> Result<Outcome, NoService> {
    let words: Vec<&str> = said.split_whitespace().take(60).collect();
    let reply = match (code, words.is_empty()) {
        (Some(0), _) => return Ok(Outcome::Delivered(format!("taken by {command}"))),
        (Some(code), true) => format!("{command} ended with {code}"),
        (Some(code), false) => format!("{command} ended with {code}: {}", words.join(" ")),
        (None, _) => return Ok(Outcome::Unknown(format!("{command} was killed"))),
    };
    match code {
        // EX_NOUSER, EX_NOHOST
        Some(67 | 68) => Ok(Outcome::Rejected(Refusal::Mailbox, reply)),
        // EX_NOPERM: to this one, or to anybody.
        Some(77) => Ok(Outcome::Rejected(Refusal::Policy, reply)),
        // EX_DATAERR
        Some(65) => Ok(Outcome::Rejected(Refusal::Message, reply)),
        // EX_USAGE, EX_CONFIG; and the shell's "not found".
        Some(64 | 78 | 126 | 127) => Err(NoService::lasting(reply)),
        _ => Ok(Outcome::Deferred(reply)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_sysexits_says() {
        let judge = |code| judge("sendmail", Some(code), "no such\nuser");
        assert_eq!(judge(0), Ok(Outcome::Delivered("taken by sendmail".into())));
        let reply = "sendmail ended with 67: no such user".to_owned();
        assert_eq!(judge(67), Ok(Outcome::Rejected(Refusal::Mailbox, reply)));
        assert!(matches!(judge(75), Ok(Outcome::Deferred(_))));
        assert!(matches!(judge(77), Ok(Outcome::Rejected(Refusal::Policy, _))));
        assert!(judge(78).unwrap_err().lasting);
    }
}
