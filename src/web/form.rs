//! A form as a browser sends it (`application/x-www-form-urlencoded`).

use url::form_urlencoded;

/// Fields in their order; a name may come several times.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field, without blanks around it; empty where it has none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read() {
        let form = Form::parse("email=+ada%40example.org&digest=a&digest=%E6%99%A8&x".as_bytes());
        assert_eq!(form.get("email"), "ada@example.org");
        assert_eq!(form.all("digest").collect::<Vec<_>>(), ["a", "晨"]);
        assert_eq!((form.get("x"), form.get("y")), ("", ""));
    }
}
