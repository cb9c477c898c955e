//! What a permanent refusal means: whether it is about the mailbox, the message, or us.
//!
//! The enhanced code (RFC 3463) is asked first. Many servers give none, or one that says
//! little, so the step and the words count too.

use crate::model::{Enhanced, Refusal};

/// Words of servers that refuse us and not the recipient, whatever code they give.
const POLICY: [&str; 19] = [
    "sender",
    "rate",
    "too many",
    "exceed",
    "try again",
    "later",
    "internal",
    "system",
    "denied",
    "relay",
    "authenticat",
    "spam",
    "blocked",
    "block list",
    "blacklist",
    "denylist",
    "policy",
    "reputation",
    "spf",
];

/// What the server said no to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Sender,
    Recipient,
    Message,
}

/// Reads a 5xx reply.
pub(super) fn meaning(step: Step, code: u16, reply: &str) -> Refusal {
    let words = reply.to_lowercase();
    match Enhanced::find(reply).map(|status| (status.subject, status.detail)) {
        // The sender's address, not the recipient's.
        Some((1, 7 | 8)) | Some((7, _)) => Refusal::Policy,
        // We have sent too much today. At RCPT a quota is the mailbox's own.
        Some((4, 5)) => Refusal::Policy,
        _ if step != Step::Recipient && (words.contains("limit") || words.contains("quota exceeded")) => {
            Refusal::Policy
        }
        Some((3, 4)) | Some((6, _)) => Refusal::Message,
        Some((2, 2)) => Refusal::Soft,
        _ if POLICY.iter().any(|word| words.contains(word)) => Refusal::Policy,
        Some((1, _) | (2, 1)) => Refusal::Mailbox,
        Some((2 | 4, _)) => Refusal::Soft,
        // Of the system, of the protocol, or of nothing in particular.
        Some(_) => Refusal::Policy,
        // RFC 5321 4.2.3: 550, 551 and 553 are about the mailbox, 552 about room, 554 about
        // anything.
        None => match (step, code) {
            (Step::Recipient, 550 | 551 | 553) => Refusal::Mailbox,
            (Step::Recipient, 552) => Refusal::Soft,
            (Step::Message, 552) => Refusal::Message,
            _ => Refusal::Policy,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_code_step_and_words() {
        for (step, reply, meant) in [
            (Step::Recipient, "550 5.1.1 no such user", Refusal::Mailbox),
            (Step::Recipient, "550 5.2.1 mailbox disabled", Refusal::Mailbox),
            (Step::Recipient, "550 unknown user", Refusal::Mailbox),
            (Step::Recipient, "552 5.2.2 mailbox full", Refusal::Soft),
            (Step::Recipient, "552 over quota", Refusal::Soft),
            (Step::Recipient, "550 5.4.1 recipient address rejected", Refusal::Soft),
            (Step::Recipient, "554 5.7.1 <ada@example.org>: Relay access denied", Refusal::Policy),
            (Step::Recipient, "550 relay not permitted", Refusal::Policy),
            (Step::Recipient, "550 5.1.1 blocked for spam", Refusal::Policy),
            (Step::Recipient, "554 no", Refusal::Policy),
            (Step::Recipient, "550 5.3.2 System not accepting mail", Refusal::Policy),
            (Step::Recipient, "550 5.5.0 what", Refusal::Policy),
            (Step::Recipient, "550 Internal server error", Refusal::Policy),
            (Step::Recipient, "550 Domain x has exceeded the max emails per hour", Refusal::Policy),
            (Step::Recipient, "553 envelope sender domain must exist", Refusal::Policy),
            (Step::Recipient, "552 5.2.2 mailbox exceeds its quota", Refusal::Soft),
            (Step::Message, "554 5.3.0 mail system failure", Refusal::Policy),
            (Step::Message, "554 Transaction failed", Refusal::Policy),
            (Step::Sender, "550 5.1.8 sender domain does not exist", Refusal::Policy),
            (Step::Sender, "552 5.3.4 message too big", Refusal::Message),
            (Step::Message, "550 5.4.5 Daily user sending limit exceeded", Refusal::Policy),
            (Step::Recipient, "550 5.4.5 too many today", Refusal::Policy),
            (Step::Message, "550 sending limit reached", Refusal::Policy),
            (Step::Message, "554 5.6.0 not like this", Refusal::Message),
            (Step::Message, "552 too large", Refusal::Message),
            (Step::Message, "550 5.7.26 unauthenticated", Refusal::Policy),
            (Step::Message, "550 5.1.1 no such user", Refusal::Mailbox),
        ] {
            let code = reply.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(meaning(step, code, reply), meant, "{reply}");
        }
    }
}
