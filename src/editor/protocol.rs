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

/// There was no room for more, or somebody stepped in.
fn is_cut_off(finish_reason: Option<&str>) -> bool {
    matches!(finish_reason, Some("length" | "content_filter"))
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
    /// A number there may be of any kind, and is not worth an answer.
    #[serde(default)]
    usage: serde_json::Value,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    message: Option<Content>,
    /// Of a stream.
    #[serde(default)]
    delta: Option<Content>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: serde_json::Value,
}

impl Choice {
    /// What is said in it: a text, or some in a list.
    fn text(&self) -> String {
        let said = self.message.as_ref().or(self.delta.as_ref()).map(|content| &content.content);
        match said {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Array(parts)) => {
                parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()
            }
            _ => String::new(),
        }
    }
}

/// The tokens that a server counted.
fn tokens(usage: &serde_json::Value) -> Option<u64> {
    usage.get("total_tokens")?.as_u64()
}

/// Reads an answer. `asked` is what the request was written in.
pub fn read(status: u16, body: &str, asked: Dialect) -> Said {
    let text = body.trim_start_matches('\u{feff}').trim();
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
        text: choice.text(),
        is_cut_off: is_cut_off(choice.finish_reason.as_deref()),
        tokens: tokens(&response.usage),
    }
}

/// Server-sent events, of which each holds a piece. A stream says when it is over.
fn events(text: &str) -> Said {
    let (mut said, mut counted, mut finish, mut is_done) = (String::new(), None, None, false);
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
        counted = tokens(&piece.usage).or(counted);
        for choice in piece.choices {
            said.push_str(&choice.text());
            finish = choice.finish_reason.or(finish);
        }
    }
    if finish.is_none() && !is_done {
        return Said::Wrong("its answer breaks off".into());
    }
    Said::Answer { text: said, is_cut_off: is_cut_off(finish.as_deref()), tokens: counted }
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
        assert_eq!(read(200, whole, plain), answer("好", false, Some(12)));
        let long = r#"{"choices":[{"message":{"content":"好"},"finish_reason":"length"}]}"#;
        assert_eq!(read(200, long, plain), answer("好", true, None));
        let stream = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n: ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n";
        assert_eq!(read(200, stream, plain), answer("ab", false, Some(7)));
        let torn = stream.split("\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"").next().unwrap();
        assert_eq!(read(200, torn, plain), Said::Wrong("its answer breaks off".into()));
        let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"好"}]},"delta":null}],"usage":{"total_tokens":-1}}"#;
        assert_eq!(read(200, parts, plain), answer("好", false, None));
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
            assert!(matches!(read(status, body, plain), Said::Wrong(_)), "{status} {body}");
        }
        for status in [408, 429, 500, 503] {
            assert!(
                matches!(read(status, "{\"error\":{\"message\":\"slow down\"}}", plain), Said::Busy(why) if why.contains("slow down"))
            );
        }
        let said = read(401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-1234\"}}", plain);
        assert_eq!(said, Said::Wrong("it does not take the key (401)".into()));
    }

    #[test]
    fn a_server_that_wants_other_words_gets_them() {
        let plain = Dialect::default();
        let why = r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#;
        let Said::Differs(newer) = read(400, why, plain) else { panic!() };
        let prompt = Prompt { system: "s".into(), user: "u".into(), max_tokens: 9 };
        let body = String::from_utf8(request("m", &prompt, newer)).unwrap();
        assert!(body.contains("\"max_completion_tokens\":9") && !body.contains("max_tokens\""), "{body}");
        assert!(matches!(read(400, why, newer), Said::Refused(_)));
        assert!(
            matches!(read(400, r#"{"error":{"message":"temperature must be 1"}}"#, newer), Said::Differs(d) if d != newer)
        );
    }
}
