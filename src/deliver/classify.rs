//! What a reply means: one table for what servers answer at once and for what mail systems
//! report later. A provider's odd rejection becomes one row here, and one line in the test.
//!
//! The enhanced code (RFC 3463) says most. Many servers give none, or one that says little, so
//! the command and the words count too. Where it is open whether a rejection is about the
//! mailbox or about us, it is read as about us: that suppresses nobody.

use crate::model::BounceKind::{Hard, Soft};
use crate::model::RejectionKind::{self, Bounce, Message, Policy};
use crate::model::{EnhancedCode, Reply};

/// What the server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// MAIL FROM
    Sender,
    /// RCPT TO
    Recipient,
    /// DATA, and the message.
    Message,
    /// Nothing at once: it came back as a report (RFC 3464).
    Report,
}

/// What follows from a reply that is not what the command wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// 421: the server ends the conversation, for reasons of its own (RFC 5321 3.8).
    Closing,
    /// The server has too many conversations with us, whatever the code and whoever the recipient.
    TooManyConnections,
    /// 4xx: the same may go well later.
    Transient,
    Permanent(RejectionKind),
    /// 2xx or 3xx where another was due: we have lost track of the conversation.
    OutOfStep,
}

/// Reads a reply that is not what the command wanted.
pub(super) fn failure(phase: Phase, reply: &Reply) -> Failure {
    match reply.code {
        400..600 if is_about_connections(&reply.text) => Failure::TooManyConnections,
        421 => Failure::Closing,
        400..500 => Failure::Transient,
        500..600 => Failure::Permanent(rejection(phase, Some(reply.code), reply.enhanced, &reply.text)),
        _ => Failure::OutOfStep,
    }
}

/// Words of servers that take only so many connections at once.
const ABOUT_CONNECTIONS: &[&str] = &[
    "too many connections",
    "too many concurrent",
    "too many simultaneous",
    "too many sessions",
    "too many smtp connections",
    "too many smtp sessions",
    "concurrent connections",
    "simultaneous connections",
    "connection limit",
    "connections limit",
    "connection count",
    "maximum connections",
];

fn is_about_connections(text: &str) -> bool {
    let words = words(text);
    ABOUT_CONNECTIONS.iter().any(|phrase| has_phrase(&words, phrase))
}

/// Reads what a report says of a mail that failed for good: `status` as reported, `diagnostic`
/// what some server had said.
pub(super) fn reported(status: Option<EnhancedCode>, diagnostic: &str) -> RejectionKind {
    rejection(Phase::Report, None, status, diagnostic)
}

/// What an enhanced code must be for a row to apply.
#[derive(Clone, Copy)]
enum Status {
    Any,
    /// There is none.
    Absent,
    /// This subject, and this detail.
    Is(u16, u16),
    /// This subject, whatever the detail.
    Subject(u16),
}

/// One rule: it applies when all of it does.
struct Row {
    /// Empty: any.
    phases: &'static [Phase],
    /// Reply codes; empty: any.
    codes: &'static [u16],
    /// Classes of the enhanced code; empty: any.
    classes: &'static [u8],
    status: Status,
    /// Words or phrases, any of which is there; empty: whatever the words.
    words: &'static [&'static str],
    means: RejectionKind,
}

const ANY: Row =
    Row { phases: &[], codes: &[], classes: &[], status: Status::Any, words: &[], means: Policy };

/// Words of servers that reject us and not the recipient, whatever code they give. "Later" and
/// "try again" make no sense of a mailbox that does not exist.
const ABOUT_US: &[&str] = &[
    "sender",
    "senders",
    "rate",
    "ratelimit",
    "ratelimited",
    "throttled",
    "too many",
    "exceed",
    "exceeds",
    "exceeded",
    "try again",
    "later",
    "internal",
    "system",
    "denied",
    "relay",
    "relaying",
    "authenticate",
    "authenticated",
    "authentication",
    "unauthenticated",
    "spam",
    "spamhaus",
    "blocked",
    "block list",
    "blocklist",
    "blocklisted",
    "blacklist",
    "blacklisted",
    "denylist",
    "policy",
    "reputation",
    "spf",
];

/// The first row that applies decides.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // ---- Enhanced codes that say it all.
    // RFC 3463 3.2: 5.1.7 and 5.1.8, the sender's address is bad.
    Row { status: Status::Is(1, 7), means: Policy, ..ANY },
    Row { status: Status::Is(1, 8), means: Policy, ..ANY },
    // RFC 3463 3.8: security or policy, whatever the detail. RFC 7372: 5.7.20 to 5.7.26.
    Row { status: Status::Subject(7), means: Policy, ..ANY },
    // Gmail: 5.4.5, "Daily user sending quota exceeded". RFC 3463 3.5: mail system congestion.
    Row { status: Status::Is(4, 5), means: Policy, ..ANY },
    // RFC 3463 3.4 and 3.3: 5.3.4 and 5.2.3, the message is too big for the system or the mailbox. 3.7: content or media.
    Row { status: Status::Is(3, 4), means: Message, ..ANY },
    Row { status: Status::Is(2, 3), means: Message, ..ANY },
    Row { status: Status::Subject(6), means: Message, ..ANY },
    // RFC 3463 3.3: 5.2.2, mailbox full.
    Row { status: Status::Is(2, 2), means: Bounce(Soft), ..ANY },
    // Exchange Online says 5.4.1 "Recipient address rejected: Access denied" of recipients that its
    // directory does not know, or not yet.
    Row { status: Status::Is(4, 1), words: &["recipient address rejected"], means: Bounce(Soft), ..ANY },
    // A relay gave up on what was called transient: the mailbox was out of reach for days (RFC 3464 2.3.4).
    Row { phases: &[Phase::Report], classes: &[4], means: Bounce(Soft), ..ANY },

    // ---- RFC 5321 4.2.3: 552 is about room, the mailbox's ("exceeded storage allocation") or for the message
    // (Exim: "message size exceeds maximum permitted").
    Row { codes: &[552], words: &["size", "too large", "too big"], means: Message, ..ANY },
    Row { phases: &[Phase::Recipient], codes: &[552], status: Status::Absent, means: Bounce(Soft), ..ANY },
    Row { codes: &[552], words: &["mailbox", "storage allocation"], means: Bounce(Soft), ..ANY },

    // ---- Words that are about us, whatever the code. A provider's odd rejection goes above this line.
    // Hosting providers: "sending limit reached". At RCPT a quota is the mailbox's own.
    Row { phases: &[Phase::Sender, Phase::Message], words: &["limit", "limits", "quota exceeded"], means: Policy, ..ANY },
    Row { words: ABOUT_US, means: Policy, ..ANY },

    // ---- Enhanced codes that servers also use of us.
    // RFC 3463 3.2: addressing. 3.3: 5.2.1, mailbox disabled.
    Row { status: Status::Subject(1), means: Bounce(Hard), ..ANY },
    Row { status: Status::Is(2, 1), means: Bounce(Hard), ..ANY },
    // RFC 3463 3.3 and 3.5: the mailbox's other failures, the network's on the way to it.
    Row { status: Status::Subject(2), means: Bounce(Soft), ..ANY },
    Row { status: Status::Subject(4), means: Bounce(Soft), ..ANY },
    // Reports that say nothing more (Exim's 5.0.0): it did not arrive, and may another time.
    Row { phases: &[Phase::Report], means: Bounce(Soft), ..ANY },

    // ---- No enhanced code (RFC 5321 4.2.3): 550, 551 and 553 are about the mailbox, 554 about anything; so are
    // 5.0.x, 5.3.x and 5.5.x (RFC 3463 3.1, 3.4, 3.6).
    Row { phases: &[Phase::Recipient], codes: &[550, 551, 553], status: Status::Absent, means: Bounce(Hard), ..ANY },
    Row { phases: &[Phase::Message], codes: &[552], status: Status::Absent, means: Message, ..ANY },
    Row { means: Policy, ..ANY },
];

fn rejection(phase: Phase, code: Option<u16>, enhanced: Option<EnhancedCode>, text: &str) -> RejectionKind {
    let words = words(text);
    let applies = |row: &&Row| {
        let status = match (row.status, enhanced) {
            (Status::Any, _) | (Status::Absent, None) => true,
            (Status::Is(subject, detail), Some(found)) => (found.subject, found.detail) == (subject, detail),
            (Status::Subject(subject), Some(found)) => found.subject == subject,
            _ => false,
        };
        status
            && (row.phases.is_empty() || row.phases.contains(&phase))
            && (row.codes.is_empty() || code.is_some_and(|code| row.codes.contains(&code)))
            && (row.classes.is_empty() || enhanced.is_some_and(|found| row.classes.contains(&found.class)))
            && (row.words.is_empty() || row.words.iter().any(|phrase| has_phrase(&words, phrase)))
    };
    TABLE.iter().find(applies).map_or(Policy, |row| row.means)
}

/// The words of a text in small letters, without addresses, hosts and numbers: a mailbox called
/// `sender@example.org` says nothing about senders.
fn words(text: &str) -> Vec<String> {
    let is_name = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.contains(['@', '.'])
    };
    text.to_lowercase()
        .split_whitespace()
        .filter(|word| !is_name(word))
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether the words of a phrase stand in a row among these.
fn has_phrase(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window.iter().zip(&phrase).all(|(word, part)| word == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(phase: Phase, reply: &str) -> RejectionKind {
        let (code, text) = reply.split_once(' ').unwrap();
        match failure(phase, &Reply::new(code.parse().unwrap(), text)) {
            Failure::Permanent(kind) => kind,
            other => panic!("{reply}: {other:?}"),
        }
    }

    #[test]
    fn rejections_are_told_apart_by_code_command_and_words() {
        use Phase::{Message as AfterData, Recipient, Sender};
        for (phase, reply, means) in [
            (Recipient, "550 5.1.1 no such user", Bounce(Hard)),
            (Recipient, "550 5.2.1 mailbox disabled", Bounce(Hard)),
            (Recipient, "550 unknown user", Bounce(Hard)),
            (Recipient, "552 5.2.2 mailbox full", Bounce(Soft)),
            (Recipient, "552 over quota", Bounce(Soft)),
            (Recipient, "550 5.4.1 recipient address rejected", Bounce(Soft)),
            (Recipient, "550 5.4.1 Recipient address rejected: Access denied", Bounce(Soft)),
            (Recipient, "554 5.7.1 <ada@example.org>: Relay access denied", Policy),
            (Recipient, "550 relay not permitted", Policy),
            (Recipient, "550 5.1.1 blocked for spam", Policy),
            (Recipient, "554 no", Policy),
            (Recipient, "550 5.3.2 System not accepting mail", Policy),
            (Recipient, "550 5.5.0 what", Policy),
            (Recipient, "550 Internal server error", Policy),
            (Recipient, "550 Domain x has exceeded the max emails per hour", Policy),
            (Recipient, "553 envelope sender domain must exist", Policy),
            (Recipient, "552 5.2.2 mailbox exceeds its quota", Bounce(Soft)),
            (AfterData, "554 5.3.0 mail system failure", Policy),
            (AfterData, "554 Transaction failed", Policy),
            (Sender, "550 5.1.8 sender domain does not exist", Policy),
            (Sender, "552 5.3.4 message too big", Message),
            (AfterData, "550 5.4.5 Daily user sending limit exceeded", Policy),
            (Recipient, "550 5.4.5 too many today", Policy),
            (AfterData, "550 sending limit reached", Policy),
            (AfterData, "554 5.6.0 not like this", Message),
            (AfterData, "552 too large", Message),
            (AfterData, "550 5.7.26 unauthenticated", Policy),
            (AfterData, "550 5.1.1 no such user", Bounce(Hard)),
            (AfterData, "552 5.3.4 Your message exceeded the message size limits", Message),
            (Sender, "552 5.3.4 Message size exceeds fixed limit", Message),
            (Sender, "552 Message size exceeds maximum permitted", Message),
            (Sender, "552 5.2.3 Message size exceeds fixed maximum", Message),
            (AfterData, "552 5.2.2 Quota exceeded", Bounce(Soft)),
            (AfterData, "552 Requested mail action aborted: exceeded storage allocation", Bounce(Soft)),
            (Recipient, "552 Requested mail action aborted: exceeded storage allocation", Bounce(Soft)),
        ] {
            assert_eq!(kind(phase, reply), means, "{reply}");
        }
    }

    #[test]
    fn words_are_matched_as_words_and_names_are_none() {
        for (reply, means) in [
            ("550 5.1.1 mailbox kept in a separate place, unknown here", Bounce(Hard)),
            ("550 5.1.1 <sender@example.org>: unknown", Bounce(Hard)),
            ("550 5.1.1 system@example.org: no such user", Bounce(Hard)),
            ("550 5.1.1 relay.example.org says: no such user", Bounce(Hard)),
            ("550 unlimited plans do not know this user", Bounce(Hard)),
            ("550 5.1.1 rate-limited", Policy),
            ("550 Sender verify failed", Policy),
        ] {
            assert_eq!(kind(Phase::Recipient, reply), means, "{reply}");
        }
    }

    #[test]
    fn transient_replies_and_421_are_never_rejections() {
        let read = |code| failure(Phase::Recipient, &Reply::new(code, "5.1.1 whatever"));
        assert_eq!(read(450), Failure::Transient);
        assert_eq!(read(421), Failure::Closing);
        assert_eq!(read(250), Failure::OutOfStep);
        assert_eq!(read(354), Failure::OutOfStep);
    }

    #[test]
    fn what_a_mail_system_gave_up_on_is_dead_only_if_it_says_so() {
        let read = |class, subject, detail| reported(Some(EnhancedCode { class, subject, detail }), "");
        assert_eq!(read(5, 1, 1), Bounce(Hard));
        assert_eq!(read(5, 2, 1), Bounce(Hard));
        assert_eq!(read(5, 2, 2), Bounce(Soft));
        assert_eq!(read(4, 4, 1), Bounce(Soft));
        assert_eq!(read(4, 1, 1), Bounce(Soft));
        assert_eq!(read(4, 2, 2), Bounce(Soft));
        assert_eq!(read(5, 7, 1), Policy);
        assert_eq!(read(5, 1, 8), Policy);
        assert_eq!(read(5, 3, 4), Message);
        assert_eq!(read(5, 0, 0), Bounce(Soft));
        assert_eq!(reported(None, ""), Bounce(Soft));
        let unknown = EnhancedCode { class: 5, subject: 1, detail: 1 };
        assert_eq!(reported(Some(unknown), "550 5.1.1 blocked for spam"), Policy);
    }
}
