//! The chat completions API, as much of it as is needed: what is posted, and what comes back, at once or as a
//! stream of events (some servers stream whatever they are asked for). Servers differ in what they take:
//! [`Dialect`] is what one has been found to take.

use serde::{Deserialize, Serialize};

use super::task::Prompt;
use crate::text::one_line;

/// What a server takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dialect {
    /// It takes `max_completion_tokens` in place of `max_tokens`.
    has_new_limit: bool,
    /// It takes no `temperature`.
    has_own_temperature: bool,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Answer {
        text: String,
        is_cut_off: bool,
        /// Of the question and the answer, if it counts them.
        tokens: Option<u64>,
    },
    /// It has to be asked in other words.
    Differs(Dialect),
    /// It cannot now: it is overloaded, or asks to be left alone.
    Busy(String),
    /// It does not take this text, or no text at all in this form.
    Refused(String),
    /// It does not: the key, the model, the address are not right; or what it says is no answer.
    Wrong(String),
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

/// The body of a request.
pub fn request(model: &str, prompt: &Prompt, dialect: Dialect) -> Vec<u8> {
    let request = Request {
        model,
        messages: [
            Message { role: "system", content: &prompt.system },
            Message { role: "user", content: &prompt.user },
        ],
        stream: false,
        temperature: (!dialect.has_own_temperature).then_some(0.0),
        max_tokens: (!dialect.has_new_limit).then_some(prompt.max_tokens),
        max_completion_tokens: dialect.has_new_limit.then_some(prompt.max_tokens),
    };
    // Of strings and numbers alone, it cannot fail.
    serde_json::to_vec(&request).unwrap_or_default()
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "delta")]
    message: Option<Content>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    total_tokens: Option<u64>,
}

/// Reads an answer. `asked` is what the request was written in.
pub fn read(status: u16, body: &[u8], asked: Dialect) -> Said {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    if !(200..300).contains(&status) {
        return refusal(status, text, asked);
    }
    let is_stream = text.lines().any(|line| line.starts_with("data:"));
    if is_stream { events(text) } else { whole(text) }
}

fn whole(text: &str) -> Said {
    let response = match serde_json::from_str::<Response>(text) {
        Ok(response) => response,
        Err(_) => return Said::Wrong(format!("what it answers is no chat completion: {}", beginning(text))),
    };
    if let Some(error) = &response.error {
        return Said::Wrong(format!("it answers with an error: {}", message(error)));
    }
    let Some(choice) = response.choices.into_iter().next() else {
        return Said::Wrong(format!("what it answers is no chat completion: {}", beginning(text)));
    };
    Said::Answer {
        text: choice.message.and_then(|message| message.content).unwrap_or_default(),
        is_cut_off: choice.finish_reason.as_deref() == Some("length"),
        tokens: response.usage.and_then(|usage| usage.total_tokens),
    }
}

/// Server-sent events, of which each holds a piece. One that ends before it said so is cut off.
fn events(text: &str) -> Said {
    let (mut said, mut tokens, mut finish, mut is_done) = (String::new(), None, None, false);
    for line in text.lines() {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { continue };
        if data == "[DONE]" {
            is_done = true;
            break;
        }
        let Ok(piece) = serde_json::from_str::<Response>(data) else {
            return Said::Wrong(format!("its stream holds what is no chat completion: {}", beginning(data)));
        };
        if let Some(error) = &piece.error {
            return Said::Wrong(format!("it answers with an error: {}", message(error)));
        }
        tokens = piece.usage.and_then(|usage| usage.total_tokens).or(tokens);
        for choice in piece.choices {
            said.push_str(&choice.message.and_then(|delta| delta.content).unwrap_or_default());
            finish = choice.finish_reason.or(finish);
        }
    }
    let is_cut_off = finish.as_deref() == Some("length") || (finish.is_none() && !is_done);
    Said::Answer { text: said, is_cut_off, tokens }
}

fn refusal(status: u16, text: &str, asked: Dialect) -> Said {
    let error = serde_json::from_str::<Response>(text).ok().and_then(|response| response.error);
    let why = error.as_ref().map_or_else(|| beginning(text), message);
    let differs = match status {
        400 if why.contains("max_completion_tokens") => Some(Dialect { has_new_limit: true, ..asked }),
        400 if why.contains("temperature") => Some(Dialect { has_own_temperature: true, ..asked }),
        _ => None,
    };
    if let Some(dialect) = differs.filter(|dialect| *dialect != asked) {
        return Said::Differs(dialect);
    }
    match status {
        // What it says may repeat the key.
        401 | 403 => Said::Wrong(format!("it does not take the key ({status})")),
        404 => Said::Wrong(format!("it does not know the address or the model ({status}): {why}")),
        408 | 429 | 500..=599 => Said::Busy(format!("the server answered {status}: {why}")),
        400 | 413 | 422 | 451 => Said::Refused(format!("the server answered {status}: {why}")),
        _ => Said::Wrong(format!("the server answered {status}: {why}")),
    }
}

/// What an error says, in whichever of its shapes.
fn message(error: &serde_json::Value) -> String {
    let said = error.get("message").unwrap_or(error);
    let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
    beginning(&said)
}

fn beginning(text: &str) -> String {
    one_line(text, 160).unwrap_or_else(|| "nothing".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, is_cut_off: bool, tokens: Option<u64>) -> Said {
        Said::Answer { text: text.into(), is_cut_off, tokens }
    }

    #[test]
    fn answers_are_read_at_once_and_as_streams() {
        let plain = Dialect::default();
        let whole = r#"{"choices":[{"message":{"role":"assistant","content":"好"},"finish_reason":"stop"}],"usage":{"total_tokens":12}}"#;
        assert_eq!(read(200, whole.as_bytes(), plain), answer("好", false, Some(12)));
        let long = r#"{"choices":[{"message":{"content":"好"},"finish_reason":"length"}]}"#;
        assert_eq!(read(200, long.as_bytes(), plain), answer("好", true, None));
        let stream = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n: ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n";
        assert_eq!(read(200, stream.as_bytes(), plain), answer("ab", false, Some(7)));
        let torn = stream.split("\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"").next().unwrap();
        assert_eq!(read(200, torn.as_bytes(), plain), answer("a", true, None));
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let plain = Dialect::default();
        for (status, body) in [
            (200, "<html>"),
            (200, ""),
            (200, "{\"choices\":[]}"),
            (200, "{\"error\":\"x\"}"),
            (401, ""),
            (404, ""),
        ] {
            assert!(matches!(read(status, body.as_bytes(), plain), Said::Wrong(_)), "{status} {body}");
        }
        for status in [408, 429, 500, 503] {
            assert!(
                matches!(read(status, b"{\"error\":{\"message\":\"slow down\"}}", plain), Said::Busy(why) if why.contains("slow down"))
            );
        }
        let said = read(401, b"{\"error\":{\"message\":\"Incorrect API key provided: sk-1234\"}}", plain);
        assert_eq!(said, Said::Wrong("it does not take the key (401)".into()));
    }

    #[test]
    fn a_server_that_wants_other_words_gets_them() {
        let plain = Dialect::default();
        let why = br#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#;
        let Said::Differs(newer) = read(400, why, plain) else { panic!() };
        let prompt = Prompt { system: "s".into(), user: "u".into(), max_tokens: 9 };
        let body = String::from_utf8(request("m", &prompt, newer)).unwrap();
        assert!(body.contains("\"max_completion_tokens\":9") && !body.contains("max_tokens\""), "{body}");
        assert!(matches!(read(400, why, newer), Said::Refused(_)));
        assert!(
            matches!(read(400, br#"{"error":{"message":"temperature must be 1"}}"#, newer), Said::Differs(d) if d != newer)
        );
    }
}
