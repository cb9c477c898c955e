//! What a mail server answered, as a value: whoever decides what follows from it never looks
//! into a string again.

use std::fmt;

use super::EnhancedCode;

/// An SMTP server's answer to one command (RFC 5321 4.2). The code alone decides what it means;
/// the text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// RFC 3463, if the server gave one.
    pub enhanced: Option<EnhancedCode>,
    /// On one line, without control characters; may be empty (RFC 5321 4.2: "any text,
    /// including no text at all").
    pub text: String,
}

impl Reply {
    /// A reply of this text, which may begin with an enhanced code.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        let text = text.into();
        let enhanced = EnhancedCode::find(&format!("{code} {text}"));
        Self { code, enhanced, text }
    }

    /// 2xx: the command was carried out.
    pub fn is_completion(&self) -> bool {
        self.code / 100 == 2
    }

    /// 3xx: the server waits for what belongs to the command.
    pub fn is_intermediate(&self) -> bool {
        self.code / 100 == 3
    }

    /// 5xx: the command will fail again.
    pub fn is_permanent_failure(&self) -> bool {
        self.code / 100 == 5
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

/// What stands behind an outcome. RFC 3464 2.3.6 has the same two kinds of diagnostic codes:
/// `smtp`, and those of a program's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Diagnostic {
    /// What the server said.
    Smtp(Reply),
    /// What happened without an answer: a line that broke, what `sendmail` printed, a file
    /// that was written.
    Local(String),
}

impl Diagnostic {
    /// The reply's code, if there was a reply.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Smtp(reply) => Some(reply.code),
            Self::Local(_) => None,
        }
    }

    /// The enhanced status code, if there is one: commands like `sendmail` quote those of others.
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        match self {
            Self::Smtp(reply) => reply.enhanced,
            Self::Local(text) => EnhancedCode::find(text),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(reply) => reply.fmt(f),
            Self::Local(text) => f.write_str(text),
        }
    }
}

impl From<Reply> for Diagnostic {
    fn from(reply: Reply) -> Self {
        Self::Smtp(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_reads_as_its_server_wrote_it_and_knows_its_enhanced_code() {
        let reply = Reply::new(550, "5.1.1 no such user");
        assert_eq!(reply.to_string(), "550 5.1.1 no such user");
        assert_eq!(reply.enhanced.map(|e| e.to_string()).as_deref(), Some("5.1.1"));
        assert_eq!(Reply::new(250, "").to_string(), "250");
        assert_eq!(Reply::new(250, "").enhanced, None);
    }
}
