//! The bytes of the configuration as text. An editor may have saved it in another encoding, with the
//! line ends of another machine, or with quotation marks that only look like those of TOML: each is
//! named once, instead of by everything that follows from it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::problem::{Findings, Problem};
use crate::parse;

/// The text, and what is wrong with it as a whole.
pub(super) fn text(bytes: Vec<u8>) -> (String, Option<Problem>) {
    match String::from_utf8(bytes) {
        // A mark at its beginning is no letter of it.
        Ok(text) if !text.contains('\0') => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            match old_mac(&text) {
                Some(problem) => (text.replace('\r', "\n"), Some(problem)),
                None => (text, None),
            }
        }
        Ok(text) => reencoded(text.as_bytes()),
        Err(error) => reencoded(error.as_bytes()),
    }
}

fn old_mac(text: &str) -> Option<Problem> {
    let is_one = !text.contains('\n') && text.trim_end().contains('\r');
    is_one.then(|| Problem {
        span: None,
        message: "its lines end as on Macs of old (CR), so it is all one line".into(),
        help: Some("save it with the line ends of Unix (LF) or Windows (CRLF)".into()),
    })
}

/// A file that is not UTF-8, by the first line that shows it.
fn reencoded(bytes: &[u8]) -> (String, Option<Problem>) {
    let (text, encoding) = parse::legacy_text(bytes);
    let text = text.trim_start_matches('\u{feff}').to_owned();
    let is_broken = encoding == "UTF-8";
    let shows = |c: char| if is_broken { c == '\u{fffd}' } else { !c.is_ascii() };
    let span = text.char_indices().find(|(_, c)| shows(*c)).map(|(at, c)| at..at + c.len_utf8());
    let message = if is_broken {
        "a byte that is no UTF-8".into()
    } else {
        format!("saved as {encoding}, not as UTF-8")
    };
    let problem = Problem { span: span.or(Some(0..0)), message, help: Some("save it as UTF-8".into()) };
    (text, Some(problem))
}

/// A character that stands where TOML has none of its own, and what was meant.
fn lookalike(c: char) -> Option<(&'static str, &'static str)> {
    Some(match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '＂' | '「' | '」' => {
            ("a typographic quotation mark", "`\"`")
        }
        '‘' | '’' | '‚' | '＇' => ("a typographic apostrophe", "`\"`"),
        '\u{a0}' | '\u{202f}' | '\u{2007}' => ("a no-break space", "a plain space"),
        '\u{3000}' => ("a wide space", "a plain space"),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => ("a character that cannot be seen", "nothing"),
        '＝' => ("a wide equals sign", "`=`"),
        '［' | '］' | '【' | '】' => ("a wide bracket", "`[` or `]`"),
        '，' | '、' => ("a wide comma", "`,`"),
        '＃' => ("a wide number sign", "`#`"),
        _ => return None,
    })
}

/// Notes what does not belong in TOML, line by line; where a line has such a character, whatever else
/// is wrong with it follows from that. `errors` are the places that the parser stumbled over.
pub(super) fn note_lookalikes(text: &str, errors: &[Range<usize>], findings: &Findings) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = start..start + line.len();
        start = span.end;
        if !errors.iter().any(|error| span.contains(&error.start) || error.start == span.end) {
            continue;
        }
        let code = code_of(line);
        if let Some((at, c)) = code.into_iter().find(|(_, c)| lookalike(*c).is_some())
            && let Some((what, instead)) = lookalike(c)
        {
            let at = span.start + at;
            let shown =
                if c.is_whitespace() || what.contains("seen") { String::new() } else { format!("`{c}` is ") };
            findings.add_with_help(
                at..at + c.len_utf8(),
                format!("{shown}{what} (U+{:04X})", u32::from(c)),
                format!("write {instead}"),
            );
            lines.push(span);
        }
    }
    lines
}

/// The characters of a line that stand neither in a string nor in a comment.
fn code_of(line: &str) -> Vec<(usize, char)> {
    let mut code = Vec::new();
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        match quote {
            Some('"') if is_escaped => is_escaped = false,
            Some('"') if c == '\\' => is_escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '#' => break,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => code.push((at, c)),
        }
    }
    code
}

/// Words of a line that may hold a secret.
static SENSITIVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)pass|pwd|(^|[^a-z])pw([^a-z]|$)|secret|token|auth|cookie|key|credential|kennwort|bearer|headers?|密码|密碼|口令").ok()
});
/// Keys that name where a secret is, written as they should be.
static PLACE_OF_SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^\s*((password_env|password_file|password_command|token_command|key_env|key_file|key_command)\s*=\s*"[^"]*"|max_tokens_per_edition\s*=\s*\d*)\s*(#.*)?$"#,
    )
    .ok()
});
/// A login in an address, with its scheme and without.
static LOGIN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"//[^/\s"'`]*@|[^\s"'`/<>,;=\[]+:[^\s"'`/<>]+@"#).ok());

/// A message without the logins of addresses in it.
pub(super) fn scrubbed(message: &str) -> String {
    match LOGIN.as_ref() {
        Some(login) => login
            .replace_all(message, |found: &regex::Captures<'_>| {
                let has_scheme = found.get(0).is_some_and(|all| all.as_str().starts_with("//"));
                if has_scheme { "//…@" } else { "…@" }
            })
            .into_owned(),
        None => message.to_owned(),
    }
}

/// Where values stand that are nobody's to see, whatever is wrong with their lines, which may not even be
/// TOML: what follows a key that is called like a secret, headers, and logins in addresses. Better a
/// mistake that is shown without its value than a password on a shared screen.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let (Some(sensitive), Some(place), Some(login)) =
        (SENSITIVE.as_ref(), PLACE_OF_SECRET.as_ref(), LOGIN.as_ref())
    else {
        return std::iter::once(0..text.len()).collect();
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut start, mut end_mark, mut of_headers) = (0, None::<&str>, false);
    for line in text.split_inclusive('\n') {
        let span = |from: usize| start + from..start + line.trim_end().len();
        let trimmed = line.trim();
        if trimmed.starts_with('[') && !trimmed.starts_with("[ ") {
            of_headers = trimmed.trim_matches(['[', ']', ' ']).ends_with("headers");
        }
        if let Some(mark) = end_mark {
            found.push(span(0));
            if mark.is_empty() || trimmed.contains(mark) {
                end_mark = None;
            }
        } else if (sensitive.is_match(line) || of_headers)
            && !trimmed.starts_with('[')
            && !place.is_match(line.trim_end())
        {
            let key_end = line.find(['=', ':', '＝']).or_else(|| line.trim_end().find(char::is_whitespace));
            let value = key_end.and_then(|at| line.get(at..)).unwrap_or_default();
            let mark = value.chars().next().map_or(0, char::len_utf8);
            let value_at = key_end.map_or(0, |at| at + mark);
            let blanks = line.get(value_at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
            found.push(span(value_at + blanks));
            // A value that goes on in the next lines.
            end_mark = ["\"\"\"", "\'\'\'"].into_iter().find(|quotes| value.matches(quotes).count() == 1);
            if end_mark.is_none() && value.trim_end() == "=" {
                end_mark = Some("");
            }
            if end_mark.is_none() && value.contains('[') && !value.contains(']') {
                end_mark = Some("]");
            }
        } else {
            found.extend(login.find_iter(line).map(|login| start + login.start()..start + login.end()));
        }
        start += line.len();
    }
    found.retain(|span| span.start < span.end);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_did_to_the_file_is_named_once() {
        let utf_16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("a = 1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (said, problem) = text(utf_16);
        assert_eq!(
            (said.as_str(), problem.unwrap().message.as_str()),
            ("a = 1\n", "saved as UTF-16LE, not as UTF-8")
        );
        let (said, problem) = text(b"\xef\xbb\xbfa = 1\n".to_vec());
        assert_eq!((said.as_str(), problem), ("a = 1\n", None));
        let (said, problem) = text(b"a = 1\rb = 2\r".to_vec());
        assert_eq!(said, "a = 1\nb = 2\n");
        assert!(problem.unwrap().message.contains("Macs of old"));
        assert_eq!(text(b"a = 1\r\n".to_vec()).1, None);
    }

    #[test]
    fn secrets_are_found_in_lines_that_are_no_toml() {
        let text = "[smtp]\npassword = \"s3cret\npassword_env = \"NAME\"\n  'Token': abc\n";
        let found: Vec<&str> = secrets(text).into_iter().filter_map(|span| text.get(span)).collect();
        assert_eq!(found, ["\"s3cret", "abc"]);
        for hidden in [
            "url = \"https://ada:s3cret@example.org/\"",
            "url = \"ada:s3cret@example.org/feed\"",
            "headers = { X-Api = \"s3cret\" }",
            "[feed.headers]\nX-Any = \"s3cret\"",
            "smtp = { host = \"h\", password = \"s3cret\" }",
            "smtp.password.value = \"s3cret\"",
            "password =\n\"s3cret\"",
            "password = \"\"\"\nabc\ns3cret\"\"\"",
            "password = [\n\"abc\",\n\"s3cret\"\n]",
            "password \"s3cret\"",
            "smtp_pw = \"s3cret\"",
            "密码 = \"s3cret\"",
            "password_env = [\"s3cret\"]",
            "username = \"me\" password = \"s3cret\"",
        ] {
            let shown = super::super::problem::without_secrets(hidden, &secrets(hidden));
            assert!(!shown.contains("s3cret"), "{hidden}: {shown}");
        }
        assert!(
            secrets("password_env = \"SMTP_PASSWORD\" # there\nfrom = \"Ada <ada@example.org>\"\n")
                .is_empty()
        );
        assert_eq!(scrubbed("`https://ada:s3cret@h/` and `ada:s3cret@h`"), "`https://…@h/` and `…@h`");
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        let code: String = code_of("a = \"b # \\\" c\" # d").into_iter().map(|(_, c)| c).collect();
        assert_eq!(code, "a =  ");
    }
}
