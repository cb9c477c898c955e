//! The courier that hands mails to the machine's own mail system, by the command that all
//! of them have: `sendmail -i -f SENDER -- RECIPIENT`, the message on its input, the answer
//! in its exit code (`sysexits.h`).

use std::time::Duration;

use super::{Envelope, RelayError};
use crate::model::{BounceKind, Diagnostic, Outcome, RejectionKind};
use crate::process::{self, Failed, Script};
use crate::text::one_line;

/// Taking a mail is writing it into a queue.
const PATIENCE: Duration = Duration::from_secs(300);
/// Characters of what a command printed that are kept.
const LONGEST: usize = 500;

pub(super) async fn send(command: &str, envelope: &Envelope, message: &[u8]) -> Result<Outcome, RelayError> {
    // Commands of a mail system read text as the machine writes it.
    let mut text = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|b| *b == b'\n') {
        let bare = line.strip_suffix(b"\r\n");
        text.extend_from_slice(bare.unwrap_or(line));
        text.extend(bare.map(|_| b'\n'));
    }
    let script = Script {
        text: &format!("exec {command} -i -f \"$1\" -- \"$2\""),
        arguments: &[envelope.from.as_str(), envelope.to.as_str()],
        folder: None,
        input: text,
        hidden: &[],
        time: PATIENCE,
        most_bytes: 64 * 1024,
        // Some deliver in the background.
        leaves_children: true,
    };
    match process::run(script).await {
        Ok(ran) => outcome(command, ran.status.code(), &String::from_utf8_lossy(&ran.stderr)),
        Err(e @ Failed::Start(_)) => Err(RelayError::Permanent(format!("`{command}`: {e}"))),
        Err(e) => Ok(Outcome::Unknown(Diagnostic::Local(format!("`{command}`: {e}")))),
    }
}

/// What an exit code of `sysexits.h` means.
fn outcome(command: &str, code: Option<i32>, said: &str) -> Result<Outcome, RelayError> {
    let said = one_line(said, LONGEST).map(|said| format!(": {said}")).unwrap_or_default();
    let Some(code) = code else {
        return Ok(Outcome::Unknown(Diagnostic::Local(format!("{command} was killed"))));
    };
    if code == 0 {
        return Ok(Outcome::Delivered(Diagnostic::Local(format!("taken by {command}"))));
    }
    let why = format!("{command} ended with {code}{said}");
    let rejected = |kind| Ok(Outcome::Rejected(kind, Diagnostic::Local(why.clone())));
    match code {
        // EX_NOUSER. Not EX_NOHOST (68): msmtp says that when its relay has no address.
        67 => rejected(RejectionKind::Bounce(BounceKind::Hard)),
        // EX_NOPERM: to this one, or to anybody.
        77 => rejected(RejectionKind::Policy),
        // EX_DATAERR
        65 => rejected(RejectionKind::Message),
        // EX_USAGE, EX_CONFIG; and the shell's "not found".
        64 | 78 | 126 | 127 => Err(RelayError::Permanent(why)),
        // A shell's word for a child that a signal ended (128 + its number): in the middle of it.
        129.. => Ok(Outcome::Unknown(Diagnostic::Local(why))),
        _ => Ok(Outcome::Deferred(Diagnostic::Local(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_sysexits_says() {
        let outcome = |code| outcome("sendmail", Some(code), "no such\nuser");
        let local = |text: &str| Diagnostic::Local(text.into());
        assert_eq!(outcome(0), Ok(Outcome::Delivered(local("taken by sendmail"))));
        let hard = RejectionKind::Bounce(BounceKind::Hard);
        assert_eq!(outcome(67), Ok(Outcome::Rejected(hard, local("sendmail ended with 67: no such user"))));
        assert!(matches!(outcome(75), Ok(Outcome::Deferred(_))));
        assert!(matches!(outcome(68), Ok(Outcome::Deferred(_))));
        assert!(matches!(outcome(137), Ok(Outcome::Unknown(_))), "killed, in the shell's words");
        assert!(matches!(outcome(77), Ok(Outcome::Rejected(RejectionKind::Policy, _))));
        assert!(matches!(outcome(78), Err(RelayError::Permanent(_))));
    }
}
