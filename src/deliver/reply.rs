//! Reading SMTP replies off the line (RFC 5321 4.2), as servers really write them: in any
//! charset, with or without words, with bare line feeds, over many lines or one without an end.
//! The code alone decides; whatever else a server writes must not change what its code says.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::time::{Instant, timeout_at};

use crate::model::Reply;
use crate::text::one_line;

/// Bytes of one reply. RFC 5321 4.5.3.1.5 allows 512 a line.
const MAX_BYTES: usize = 64 * 1024;
/// Characters of its text that are kept, about.
const MAX_TEXT: usize = 2000;

/// A reply, and whether the next one can be told from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) reply: Reply,
    /// Each line of it, for EHLO's keywords.
    pub(super) lines: Vec<String>,
    /// It was longer than [`MAX_BYTES`] or the line ended in it: nothing that follows can be
    /// relied on.
    pub(super) is_cut: bool,
}

/// Reads one reply. A code that was said before the line broke or fell silent counts.
///
/// # Errors
/// When the line breaks or `limit` is over before the code is known, or what comes is no SMTP
/// reply.
pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin), limit: Duration) -> io::Result<Received> {
    let end = Instant::now() + limit;
    let mut parser = Parser::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let room = MAX_BYTES.saturating_sub(parser.bytes);
        let ended = match read_line(stream, &mut line, room, end).await {
            Err(_) if parser.code != 0 => return Ok(parser.finish(true)),
            ended => ended?,
        };
        if line.is_empty() && ended == Ended::Broken {
            return match parser.code {
                0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
                _ => Ok(parser.finish(true)),
            };
        }
        let is_last = match parser.line(&line) {
            Err(_) if ended == Ended::Broken && parser.code != 0 => return Ok(parser.finish(true)),
            is_last => is_last.map_err(io::Error::other)?,
        };
        match ended {
            Ended::Newline if is_last => return Ok(parser.finish(false)),
            Ended::Newline if parser.bytes < MAX_BYTES => {}
            Ended::Newline | Ended::TooLong | Ended::Broken => return Ok(parser.finish(true)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Newline,
    /// Closed, reset or silent.
    Broken,
    TooLong,
}

/// Reads up to the next line feed, but no more than `most` bytes.
async fn read_line(
    stream: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    most: usize,
    until: Instant,
) -> io::Result<Ended> {
    loop {
        let filled = timeout_at(until, stream.fill_buf()).await;
        let available = match filled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok([]) => return Ok(Ended::Broken),
            Ok(available) => available,
            Err(e) if line.is_empty() => return Err(e),
            Err(_) => return Ok(Ended::Broken),
        };
        let end = available.iter().position(|b| *b == b'\n');
        let taken = end.map_or(available.len(), |end| end + 1);
        let room = most.saturating_sub(line.len());
        line.extend(available.iter().take(taken.min(room)));
        stream.consume(taken);
        if taken > room {
            return Ok(Ended::TooLong);
        }
        if end.is_some() {
            return Ok(Ended::Newline);
        }
    }
}

/// The lines of one reply, as they come.
#[derive(Default)]
struct Parser {
    code: u16,
    lines: Vec<String>,
    bytes: usize,
}

impl Parser {
    /// Takes one line. Says whether it is the reply's last.
    fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        self.bytes += line.len();
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        let not_smtp = || {
            let shown = one_line(text, 60).unwrap_or_default();
            format!("the server does not speak SMTP here: `{shown}`")
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (code, rest) = text.split_at_checked(3).filter(|_| digits == 3).ok_or_else(not_smtp)?;
        let code: u16 = code.parse().map_err(|_| not_smtp())?;
        if !(200..600).contains(&code) {
            return Err(not_smtp());
        }
        // All lines should bear the same code; where they do not, the last is the answer.
        self.code = code;
        let continues = rest.starts_with('-');
        let text = rest.strip_prefix(['-', ' ']).unwrap_or(rest);
        if self.lines.iter().map(String::len).sum::<usize>() < MAX_TEXT {
            self.lines.push(one_line(text, MAX_TEXT).unwrap_or_default());
        }
        Ok(!continues)
    }

    fn finish(self, is_cut: bool) -> Received {
        let text = one_line(&self.lines.join(" "), MAX_TEXT).unwrap_or_default();
        // The enhanced code may stand on any of the lines (RFC 2034 4 wants it on each).
        let coded = self.lines.iter().map(|line| Reply::new(self.code, line.as_str()).enhanced);
        let enhanced = coded.flatten().next();
        Received { reply: Reply { code: self.code, enhanced, text }, lines: self.lines, is_cut }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    fn read_all(bytes: &[u8]) -> Result<Received, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(read(&mut BufReader::new(bytes), Duration::from_secs(5))).map_err(|e| e.to_string())
    }

    fn reply(bytes: &[u8]) -> String {
        read_all(bytes).unwrap().reply.to_string()
    }

    #[test]
    fn the_code_counts_whatever_the_words_are() {
        assert_eq!(reply(b"250 2.0.0 Ok: queued\r\n"), "250 2.0.0 Ok: queued");
        assert_eq!(reply(b"250\r\n"), "250");
        assert_eq!(reply(b"250 \r\n"), "250");
        assert_eq!(reply(b"250\n"), "250", "a bare line feed ends a line");
        assert_eq!(reply(b"250 best\xe4tigt\r\n"), "250 best\u{fffd}tigt");
        assert_eq!(reply("535 请使用授权码登录\r\n".as_bytes()), "535 请使用授权码登录");
        assert_eq!(reply(b"250\tOk\r\n"), "250 Ok");
        assert_eq!(reply(b"250 a\x00b\x1b[31mc\x07\r\n"), "250 a b [31mc", "nothing that moves a terminal");
    }

    #[test]
    fn a_reply_of_several_lines_is_one_whose_last_code_decides() {
        let received = read_all(b"250-mx.example\r\n250-SIZE 1000\r\n250 HELP\r\nnext").unwrap();
        assert_eq!(received.lines, ["mx.example", "SIZE 1000", "HELP"]);
        assert!(!received.is_cut);
        assert_eq!(
            reply(b"550-5.1.1 nobody\n550 5.1.1 of that name\n"),
            "550 5.1.1 nobody 5.1.1 of that name"
        );
        assert_eq!(reply(b"250-first\r\n550 last\r\n"), "550 first last");
        let listed =
            read_all(b"550-Your address is listed.\r\n550 5.7.1 See https://list.example\r\n").unwrap();
        assert_eq!(listed.reply.enhanced.map(|code| code.to_string()).as_deref(), Some("5.7.1"));
        assert_eq!(reply(b"250-\r\n250\r\n"), "250");
    }

    #[test]
    fn what_was_said_before_the_line_broke_counts() {
        let received = read_all(b"250 2.0.0 Ok: que").unwrap();
        assert_eq!((received.reply.code, received.is_cut), (250, true));
        assert_eq!(read_all(b"").unwrap_err(), "the server closed the connection");
        assert_eq!(read_all(b"25").unwrap_err(), "the server does not speak SMTP here: `25`");
        let received = read_all(b"250-first\r\n").unwrap();
        assert_eq!((received.reply.code, received.is_cut), (250, true));
    }

    #[test]
    fn what_was_said_before_the_line_fell_silent_counts() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let silent_after = |said: &'static [u8]| {
            runtime.block_on(async {
                let (ours, mut theirs) = tokio::io::duplex(100);
                tokio::io::AsyncWriteExt::write_all(&mut theirs, said).await.unwrap();
                read(&mut BufReader::new(ours), Duration::from_millis(30)).await
            })
        };
        for said in [&b"250 2.0.0 Ok"[..], b"250", b"250-and\r\n", b"250-and\r\n25"] {
            let received = silent_after(said).unwrap();
            assert_eq!((received.reply.code, received.is_cut), (250, true));
        }
        assert_eq!(silent_after(b"").unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_reply_without_an_end_is_cut_and_the_line_not_relied_on() {
        let mut endless = b"250 ".to_vec();
        endless.resize(1_000_000, b'a');
        let received = read_all(&endless).unwrap();
        assert_eq!((received.reply.code, received.is_cut), (250, true));
        assert!(received.reply.text.len() <= MAX_TEXT);
        let received = read_all(&b"250-more\r\n".repeat(100_000)).unwrap();
        assert_eq!((received.reply.code, received.is_cut), (250, true));
    }

    #[test]
    fn what_is_no_reply_is_named() {
        for bytes in
            [b"HTTP/1.1 400 Bad Request\r\n".as_slice(), b"\r\n", b"2500 x\r\n", b"650 x\r\n", b"-250\r\n"]
        {
            let why = read_all(bytes).unwrap_err();
            assert!(why.starts_with("the server does not speak SMTP here"), "{why}");
        }
    }
}
