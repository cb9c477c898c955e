//! What comes back: reports of mails that did not arrive, complaints, requests to leave,
//! and all else that people and programs write to an address they find in a mail. Bytes
//! in, a value out; whether it is about a mail of ours is for others to find out.

use super::classify;
use super::parts::{Fields, Message};
use crate::model::{EnhancedCode, RejectionKind};

/// How long what we repeat may be, in characters.
const LONGEST: usize = 200;

/// A message that came in, as far as it concerns us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Where it was sent, by `To` and by what mail systems noted on its way; in lower case.
    pub addressed_to: Vec<String>,
    pub what: What,
}

/// What a message wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A report on what became of a mail (RFC 3464, RFC 6533), for each recipient.
    Report(Vec<RecipientReport>),
    /// A reader called a mail spam (RFC 5965). By these it may be known to be ours: its
    /// Message-ID in brackets, its envelope sender in lower case, what its List-Unsubscribe
    /// names.
    Complaint { message_ids: Vec<String>, senders: Vec<String>, unsubscribe: Vec<String> },
    /// Somebody wants no more: what stands behind `unsubscribe`, and who wrote.
    Unsubscribe { words: String, from: Option<String> },
    /// None of these, and why.
    Other(String),
}

/// What a report says of one recipient's mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientReport {
    pub action: Action,
    pub status: Option<EnhancedCode>,
    pub recipient: Option<String>,
    /// What a mail server said, on one line.
    pub diagnostic: Option<String>,
}

/// RFC 3464 2.3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Failed,
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

impl RecipientReport {
    /// What a failure is about.
    pub fn rejection(&self) -> RejectionKind {
        classify::reported(self.status, self.diagnostic.as_deref().unwrap_or_default())
    }

    fn failed(recipient: String, diagnostic: Option<String>) -> Self {
        let status = diagnostic.as_deref().and_then(EnhancedCode::find);
        Self { action: Action::Failed, status, recipient: Some(recipient), diagnostic }
    }
}

/// Reads a message, whatever it is.
pub fn read(message: &[u8]) -> Returned {
    let message = Message::read(message);
    let fields = &message.fields;
    let status = message.part(&["message/delivery-status", "message/global-delivery-status"]);
    let mut reports = status.map(report).unwrap_or_default();
    if reports.is_empty() {
        reports = message.part(&["text/plain"]).map(qmail).unwrap_or_default();
    }
    if reports.is_empty() {
        // Google now and then leaves its report empty, and old Exims have only words; both
        // name whom they are about.
        let failed = fields.addresses("x-failed-recipients").into_iter();
        reports = failed.map(|recipient| RecipientReport::failed(recipient, None)).collect();
    }
    let what = if !reports.is_empty() {
        What::Report(reports)
    } else if let Some(feedback) = message.part(&["message/feedback-report"]) {
        let kinds = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];
        complaint(&Fields::read(feedback), &Fields::read(message.part(&kinds).unwrap_or_default()))
    } else {
        request(fields)
    };
    let addressed = ["to", "delivered-to", "x-original-to", "envelope-to"];
    Returned { addressed_to: addressed.iter().flat_map(|name| fields.addresses(name)).collect(), what }
}

/// What a report says, for each recipient that it is about.
fn report(text: &str) -> Vec<RecipientReport> {
    paragraphs(text).iter().filter_map(|group| recipient_report(&Fields::read(group))).collect()
}

/// qmail reports in words, though always in the same (<https://cr.yp.to/proto/qsbmf.txt>).
fn qmail(text: &str) -> Vec<RecipientReport> {
    let paragraphs = paragraphs(text);
    if !paragraphs.first().is_some_and(|first| first.starts_with("Hi. This is the")) {
        return Vec::new();
    }
    let own = paragraphs.iter().take_while(|paragraph| !paragraph.starts_with('-'));
    let reports = own.filter_map(|paragraph| {
        let (first, said) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let recipient = first.trim().strip_prefix('<')?.strip_suffix(">:")?;
        Some(RecipientReport::failed(one_line(recipient)?, one_line(said)))
    });
    reports.collect()
}

/// What is divided by empty lines.
fn paragraphs(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let paragraphs = lines.split(|line| line.trim().is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.join("\n")).collect()
}

/// One group of a report. The first is about the message and no recipient.
fn recipient_report(group: &Fields) -> Option<RecipientReport> {
    let diagnostic = group.get("diagnostic-code").and_then(|code| one_line(untyped(code)));
    let said = diagnostic.as_deref().and_then(EnhancedCode::find);
    let status = group.get("status").and_then(|status| EnhancedCode::find(&uncommented(status)));
    // Exim says 5.0.0 whatever it was told.
    let status = status.filter(|s| (s.subject, s.detail) != (0, 0)).or(said).or(status);
    let action = group.get("action").map(|action| uncommented(action).trim().to_ascii_lowercase());
    let action = match (action.as_deref(), status.map(|s| s.class)) {
        (Some("failed"), _) | (None, Some(5)) => Action::Failed,
        (Some("delayed"), _) | (None, Some(4)) => Action::Delayed,
        (Some("delivered"), _) | (None, Some(2)) => Action::Delivered,
        (Some("relayed"), _) => Action::Relayed,
        (Some("expanded"), _) => Action::Expanded,
        _ => return None,
    };
    // The first is the address that we wrote to; mail may have been forwarded since.
    let recipients = ["original-recipient", "final-recipient"];
    let recipient = recipients.iter().find_map(|name| recipient(group.get(name)?));
    Some(RecipientReport { action, status, recipient, diagnostic })
}

/// `rfc822; ada@example.org`, or `utf-8` and letters as `\x{7528}` (RFC 6533 3).
fn recipient(value: &str) -> Option<String> {
    let value = uncommented(value);
    let address = untyped(&value).trim().trim_start_matches('<').trim_end_matches('>');
    let mut pieces = address.split("\\x{");
    let mut written = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (hex, rest) = piece.split_once('}').unwrap_or((piece, ""));
        written.push(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
        written.push_str(rest);
    }
    one_line(&written)
}

/// Without the type in front, which some leave out.
fn untyped(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, value)) if !kind.trim().contains(char::is_whitespace) => value,
        _ => value,
    }
}

/// Without what stands in parentheses (RFC 5322 3.2.2).
fn uncommented(text: &str) -> String {
    let mut depth = 0;
    let mut outside = |c: &char| {
        let before = depth;
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ => {}
        }
        before == 0 && depth == 0
    };
    text.chars().filter(|c| outside(c)).collect()
}

/// What others wrote, fit to be repeated.
fn one_line(text: &str) -> Option<String> {
    crate::text::one_line(text, LONGEST)
}

fn complaint(feedback: &Fields, original: &Fields) -> What {
    let kind = feedback.get("feedback-type").unwrap_or_default().to_ascii_lowercase();
    // The other kinds are of machines, or say that something is no spam.
    if !matches!(kind.as_str(), "abuse" | "fraud" | "opt-out") {
        let kind = one_line(&kind).unwrap_or_default();
        return What::Other(format!("feedback of the kind `{kind}`, which is no complaint"));
    }
    let mut senders = feedback.addresses("original-mail-from");
    senders.extend(original.addresses("return-path"));
    What::Complaint {
        message_ids: original.bracketed("message-id").iter().map(|id| format!("<{id}>")).collect(),
        senders,
        unsubscribe: original.bracketed("list-unsubscribe"),
    }
}

fn request(fields: &Fields) -> What {
    let automatic = uncommented(fields.get("auto-submitted").unwrap_or("no"));
    let automatic = automatic.split(';').next().and_then(one_line).unwrap_or_default();
    // Apple's programs call it automatic when a reader has pressed their button.
    if !automatic.eq_ignore_ascii_case("no") && fields.get("x-apple-unsubscribe").is_none() {
        return What::Other(format!("a message that a program wrote (`{automatic}`)"));
    }
    let subject = fields.text("subject").replace('：', ": ");
    // What ends in a colon was put there by a mail program: `Re:`, `AW:`, `回复：`.
    let words: Vec<&str> = subject.split_whitespace().skip_while(|word| word.ends_with(':')).collect();
    match words.as_slice() {
        // More words make a sentence, and who knows what it says.
        [first, words @ ..] if first.eq_ignore_ascii_case("unsubscribe") && words.len() <= 2 => {
            let from = fields.addresses("from").into_iter().next();
            What::Unsubscribe { words: words.join(" "), from }
        }
        _ => {
            let subject = one_line(&subject).unwrap_or_default();
            What::Other(format!("a message that asks for nothing we know: `{subject}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// A report as mail systems wrap it, with CRLF as it arrives.
    fn wrapped(kind: &str, report: &str) -> String {
        format!(
            "Return-Path: <>\nDelivered-To: bounce+Abc@news.example.org\n\
            From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n\
            To: \"Our news\" <Bounce+abc@news.example.org>\nSubject: Undelivered Mail\n\
            Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
            Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"A/1=_mx\"\n\n\
            Part of a report.\n\n--A/1=_mx\nContent-Type: text/plain\n\nSorry.\n\n--A/1=_mx\n\
            Content-Type: {kind}\n\n{report}\n--A/1=_mx\nContent-Type: message/rfc822\n\n\
            Subject: unsubscribe morning\nTo: ada@example.net\n\n5.7.1 quoted\n\n--A/1=_mx--\n"
        )
        .replace('\n', "\r\n")
    }

    fn reports(message: &str) -> Vec<RecipientReport> {
        match read(message.as_bytes()).what {
            What::Report(reports) => reports,
            what => panic!("{what:?}"),
        }
    }

    /// The action, status, recipient and diagnostic of all it reports, for short.
    fn summary(message: &str) -> String {
        let lines = reports(message).into_iter().map(|report| {
            let status = report.status.map(|status| status.to_string()).unwrap_or_default();
            let (recipient, diagnostic) =
                (report.recipient.unwrap_or_default(), report.diagnostic.unwrap_or_default());
            format!("{:?}|{status}|{recipient}|{diagnostic}", report.action)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn summary_of(report: &str) -> String {
        summary(&wrapped("message/delivery-status", report))
    }

    fn other(message: &str) -> String {
        match read(message.as_bytes()).what {
            What::Other(why) => why,
            what => panic!("{what:?}"),
        }
    }

    #[test]
    fn a_report_is_read_as_each_mail_system_writes_it() {
        // Postfix
        assert_eq!(
            summary_of(
                "Reporting-MTA: dns; mx.example.net\nX-Postfix-Sender: rfc822; bounce+abc@news.example.org\n\n\
                Final-Recipient: rfc822; ada@example.net\nOriginal-Recipient: rfc822;Ada@example.net\n\
                Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; 192.0.2.7\n\
                Diagnostic-Code: smtp; 550 5.1.1 <ada@example.net>: Recipient address\n    rejected: no such user\n"
            ),
            "Failed|5.1.1|Ada@example.net|550 5.1.1 <ada@example.net>: Recipient address rejected: no such user"
        );
        // Exim
        assert_eq!(
            summary_of(
                "Reporting-MTA: dns; mx.example.net\n\nAction: failed\nFinal-Recipient: rfc822;ada@example.net\n\
                Status: 5.0.0\nRemote-MTA: dns; mx.example.com\n\
                Diagnostic-Code: smtp; 552-5.2.2 The mailbox is full.\n 552 5.2.2 Try later.\n"
            ),
            "Failed|5.2.2|ada@example.net|552-5.2.2 The mailbox is full. 552 5.2.2 Try later."
        );
        // Exchange
        assert_eq!(
            summary_of(
                "Original-Envelope-Id: 1\nReporting-MTA: dns;AM0.example.com\nArrival-Date: Sun, 22 Nov 2026\n\n\
                Original-Recipient: rfc822;ada@example.net\nFinal-Recipient: rfc822;ada@example.net\n\
                Action: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\n\
                X-Display-Name: Ada\n"
            ),
            "Failed|5.1.10|ada@example.net|550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found"
        );
        // Gmail, of a delay
        assert_eq!(
            summary_of(
                "Reporting-MTA: dns; mail.example.com\nReceived-From-MTA: dns; x\n\n\
                Final-Recipient: rfc822; ada@example.net\nAction: delayed\nStatus: 4.4.1\n\
                Diagnostic-Code: smtp; The recipient server did not accept our requests. [192.0.2.1: timed out]\n\
                Will-Retry-Until: Tue, 24 Nov 2026\n"
            ),
            "Delayed|4.4.1|ada@example.net|The recipient server did not accept our requests. [192.0.2.1: timed out]"
        );
    }

    #[test]
    fn a_report_is_read_though_it_is_written_badly() {
        // In any case, with comments, without a type, without a status, with more than one empty line.
        assert_eq!(
            summary_of(
                "REPORTING-MTA: dns; x\n \t\n\n\nFINAL-RECIPIENT : <ada@example.net> (an (old) alias)\n\
                ACTION: Failed (for good)\nDIAGNOSTIC-CODE: 550 #5.1.1 no\u{7} such\tuser\n\n\
                final-recipient: RFC822; bob@example.net\nstatus: 4.2.2 (over quota)\n\n\
                Final-Recipient: rfc822; eve@example.net\nAction: delivered\n\n\
                Final-Recipient: rfc822; joe@example.net\nAction: lost\n"
            ),
            "Failed|5.1.1|ada@example.net|550 #5.1.1 no such user\nDelayed|4.2.2|bob@example.net|\nDelivered||eve@example.net|"
        );
        let long = summary_of(&format!("Action: failed\nDiagnostic-Code: smtp; {}\n", "渡 ".repeat(500)));
        assert_eq!(long.chars().count(), "Failed|||".len() + LONGEST);
        assert_eq!(
            other(&wrapped("message/delivery-status", "Reporting-MTA: dns; x\n")),
            "a message that a program wrote (`auto-replied`)"
        );
        // Cut off, and wrapped once more by a gateway.
        let cut = wrapped("message/delivery-status", "Action: failed\nStatus: 5.1.1");
        let cut = cut.split("\r\n--A/1=_mx\r\nContent-Type: message/rfc822").next().unwrap();
        assert_eq!(summary(cut), "Failed|5.1.1||");
        let again =
            format!("To: x@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{cut}\n--b--\n");
        assert_eq!(summary(&again), "Failed|5.1.1||");
    }

    #[test]
    fn addresses_of_all_letters_are_read() {
        let raw =
            "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; 用户@例子.cn\nAction: failed\nStatus: 5.1.1\n";
        let escaped = "Final-Recipient: utf-8; \\x{7528}\\x{6237}@\\x{4F8B}\\x{5B50}.cn\nAction: failed\nStatus: 5.1.1\n";
        assert_eq!(summary(&wrapped("message/global-delivery-status", raw)), "Failed|5.1.1|用户@例子.cn|");
        assert_eq!(summary_of(escaped), "Failed|5.1.1|用户@例子.cn|");
        assert_eq!(summary_of(&escaped.replace("7528}", "110000}")), "Failed|5.1.1|\u{fffd}户@例子.cn|");
        let lines = data_encoding::BASE64.encode(raw.as_bytes());
        let kind = "message/global-delivery-status\nContent-Transfer-Encoding: BASE64";
        assert_eq!(summary(&wrapped(kind, &lines)), "Failed|5.1.1|用户@例子.cn|");
        let kind = "message/global-delivery-status\nContent-Transfer-Encoding: quoted-printable";
        let quoted = "Final-Recipient: utf-8; =E7=94=A8@x.cn\nAction: fai=\nled\n";
        assert_eq!(summary(&wrapped(kind, quoted)), "Failed||用@x.cn|");
    }

    #[test]
    fn reports_in_words_are_read_where_they_can_be() {
        let qmail = "To: bounce+abc@news.example.org\nSubject: failure notice\n\n\
            Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver.\n\n\
            <ada@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n\
            <bob@example.net>:\n192.0.2.1 failed after I sent the message.\nRemote host said: 552 5.2.2 full\n\n\
            --- Below this line is a copy of the message.\n\n<eve@example.net>:\nquoted\n";
        assert_eq!(
            summary(qmail),
            "Failed|5.1.1|ada@example.net|Sorry, no mailbox here by that name. (#5.1.1)\n\
            Failed|5.2.2|bob@example.net|192.0.2.1 failed after I sent the message. Remote host said: 552 5.2.2 full"
        );
        let exim = "To: x@example.org\nX-Failed-Recipients: ada@example.net,\n  bob@example.net\n\
            Auto-Submitted: auto-replied\nSubject: Mail delivery failed\n\nThis message was created automatically.\n";
        assert_eq!(summary(exim), "Failed||ada@example.net|\nFailed||bob@example.net|");
        let google = wrapped("message/delivery-status", "");
        let google = format!("X-Failed-Recipients: ada@example.net\r\n{google}");
        assert_eq!(summary(&google), "Failed||ada@example.net|");
        let ezmlm = "\nHi. This is the qmail-send program\n\n<ada@example.net>:\n\nno reason\n";
        assert_eq!(summary(&format!("From: x\n{ezmlm}")), "Failed||ada@example.net|");
    }

    #[test]
    fn every_address_it_was_sent_to_is_told() {
        let message = "To: Our News <Bounce+A@news.example.org>, friends: b@example.org;\n\
            Delivered-To: c@example.org\nX-Original-To: d@example.org\nX-Original-To: <e@example.org>\n\
            Envelope-To:\n f@example.org (ours)\nCc: no@example.org\n\n";
        let all = [
            "bounce+a@news.example.org",
            "b@example.org",
            "c@example.org",
            "d@example.org",
            "e@example.org",
            "f@example.org",
        ];
        assert_eq!(read(message.as_bytes()).addressed_to, all);
        let report = wrapped("message/delivery-status", "Action: failed\n");
        assert_eq!(read(report.as_bytes()).addressed_to, ["bounce+abc@news.example.org"; 2]);
    }

    fn feedback(kind: &str, original: &str) -> String {
        format!(
            "From: <feedback@example.com>\nTo: abuse@example.org\nSubject: FW: today\n\
            Content-Type: multipart/report; report-type=feedback-report; boundary=\"x\"\n\n\
            --x\nContent-Type: text/plain\n\nThis is an abuse report.\n\n--x\nContent-Type: message/feedback-report\n\n\
            Feedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n\
            Original-Mail-From: Bounce+Abc@news.example.org\nOriginal-Rcpt-To: <ada@example.com>\n\n\
            --x\nContent-Type: {original}\n\nReturn-Path: <bounce+def@news.example.org>\n\
            Message-Id:\n <Abc@example.org>\nSubject: today\n\
            List-Unsubscribe: <https://news.example.org/u/T0ken?a=b,c>,\n <mailto:news@example.org\n ?subject=unsubscribe%20t0ken>\n\n\
            Message-ID: <no@example.org>\n--x--\n"
        )
    }

    #[test]
    fn a_complaint_tells_what_it_is_about() {
        let expected = What::Complaint {
            message_ids: vec!["<Abc@example.org>".into()],
            senders: vec!["bounce+abc@news.example.org".into(), "bounce+def@news.example.org".into()],
            unsubscribe: vec![
                "https://news.example.org/u/T0ken?a=b,c".into(),
                "mailto:news@example.org?subject=unsubscribe%20t0ken".into(),
            ],
        };
        for original in ["message/rfc822", "text/rfc822-headers; charset=utf-8", "Message/RFC822\n"] {
            assert_eq!(read(feedback("abuse", original).as_bytes()).what, expected, "{original}");
        }
        for kind in ["not-spam", "auth-failure", "virus", ""] {
            assert!(other(&feedback(kind, "message/rfc822")).contains("no complaint"), "{kind}");
        }
    }

    #[test]
    fn a_request_to_leave_is_known_by_its_subject_alone() {
        for (subject, expected) in [
            ("unsubscribe", ""),
            ("unsubscribe morning", "morning"),
            ("  UNSUBSCRIBE\n\t  Morning  ", "Morning"),
            ("unsubscribe t0ken from-phone", "t0ken from-phone"),
            ("Re: unsubscribe morning", "morning"),
            ("AW: Re: Unsubscribe morning", "morning"),
            ("回复：unsubscribe morning", "morning"),
            ("=?utf-8?q?unsubscribe_morning?=", "morning"),
            ("=?UTF-8?B?5Zue5aSN77yadW5zdWJzY3JpYmU=?=\n =?utf-8?q?_morning?=", "morning"),
        ] {
            for more in ["", "Auto-Submitted: no (by hand)\n", "Content-Type: text/html\n"] {
                let message = format!(
                    "From: Ada <Ada@example.net>\n{more}Subject: {subject}\n\n<p>Auto-Submitted: x</p>"
                );
                let expected =
                    What::Unsubscribe { words: expected.into(), from: Some("ada@example.net".into()) };
                assert_eq!(read(message.as_bytes()).what, expected, "{message}");
            }
        }
        assert_eq!(
            read(b"Subject: unsubscribe t0ken").what,
            What::Unsubscribe { words: "t0ken".into(), from: None }
        );
        let apple = "Subject: unsubscribe t0ken\nAuto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n\n";
        assert!(matches!(read(apple.as_bytes()).what, What::Unsubscribe { .. }));
    }

    #[test]
    fn what_merely_mentions_it_is_something_else() {
        for message in [
            "Subject: how do I unsubscribe morning\n\n",
            "Subject: unsubscribe me from whatever this is\n\n",
            "Subject: unsubscribed\n\n",
            "Subject: hello\n\nunsubscribe morning\n",
            "Subject: unsubscribe morning\nAuto-Submitted: auto-replied (vacation)\n\n",
            "Subject: unsubscribe morning\nAuto-Submitted: Auto-Generated; owner-email=x\n\n",
            "\nFrom: x\n\nSubject: unsubscribe morning\n",
            "",
            "\r\n\r\n",
            "no mail at all",
        ] {
            other(message);
        }
        // A vacation reply that gives back a report it was sent.
        let report = wrapped("message/delivery-status", "Action: failed\n");
        let vacation = format!(
            "Subject: I am away\nAuto-Submitted: auto-replied\nContent-Type: multipart/mixed; boundary=v\n\n\
            --v\n\nHi. This is the Ada you wrote to.\n\n> Action: failed\n\n--v\nContent-Type: message/rfc822\n\n{report}\n--v--\n"
        );
        assert_eq!(other(&vacation), "a message that a program wrote (`auto-replied`)");
    }

    #[test]
    fn hostile_messages_are_read_in_no_time() {
        let nested = |n: usize| {
            (0..n)
                .map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}q\n\n--b{i}q\n"))
                .collect::<String>()
        };
        let many: String = (0..100_000)
            .map(|i| format!("--b\nContent-Type: multipart/mixed; boundary=z{i}\n\nx\n"))
            .collect();
        for message in [
            "\0".repeat(10 << 20),
            "\u{fffd}".repeat(10 << 18),
            "Subject: ".to_owned() + &"=?utf-8?b?".repeat(1 << 20),
            "To: ".to_owned() + &"(".repeat(10 << 20),
            "To: ".to_owned() + &"a@b,".repeat(1 << 20),
            "To: ".to_owned() + &"\"<a:".repeat(1 << 20),
            "Content-Type: a/b".to_owned() + &"; a*0*=x".repeat(1 << 20),
            "a:\n".repeat(1 << 20),
            " \n".repeat(1 << 20),
            "Content-Type: message/rfc822\n\n".repeat(300_000),
            nested(100_000),
            format!("Content-Type: multipart/mixed; boundary=b\n\n{many}"),
            wrapped("message/delivery-status", &"Action: failed\n\n".repeat(100_000)),
            wrapped(
                "message/delivery-status",
                &format!("Action: failed\nFinal-Recipient: utf-8; {}", "\\x{41}".repeat(200_000)),
            ),
            feedback("abuse", &format!("message/rfc822\n\nList-Unsubscribe: {}", "<".repeat(1 << 20))),
        ] {
            let start = Instant::now();
            read(message.as_bytes());
            let taken = start.elapsed();
            assert!(taken < Duration::from_secs(5), "{taken:?}: {:?}", one_line(&message));
        }
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let mut random = fastrand::Rng::with_seed(6533);
        let qmail = "Subject: x\n\nHi. This is the\n\n<a@b>:\nno (#5.1.1)\n";
        let whole = [
            wrapped(
                "message/delivery-status",
                "Final-Recipient: utf-8; \\x{7528}@x (c)\nAction: failed\nStatus: 5.1.1\n",
            ),
            feedback("abuse", "message/rfc822"),
            qmail.to_owned(),
            "Subject: =?utf-8?q?unsubscribe_=E7=94=A8?=\nFrom: \"A\" <a@b>\nTo: g: a@b, <c@d>;\n\n"
                .to_owned(),
        ];
        for _ in 0..4000 {
            let mut bytes = whole[random.usize(..whole.len())].clone().into_bytes();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes[at] = random.choice(*b"<>()\"\\;:,=?@-\r\n \t\0").unwrap(),
                    2 => bytes.truncate(at.max(1)),
                    _ => drop(
                        bytes
                            .splice(
                                at..at,
                                whole[random.usize(..whole.len())].bytes().take(random.usize(..60)),
                            )
                            .count(),
                    ),
                }
            }
            read(&bytes);
        }
    }
}
