//! Figures for Prometheus, in its text format.

use std::fmt::Write;

/// A figure of the moment, for each set of labels.
#[derive(Debug, Clone)]
pub struct Gauge {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Gauge {
    /// A gauge without values. `name` and `help` as Prometheus wants them.
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, samples: Vec::new() }
    }

    /// Adds a value under these labels.
    pub fn with(mut self, labels: &[(&'static str, &str)], value: f64) -> Self {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.samples.push((labels, value));
        self
    }
}

pub(super) fn text(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for Gauge { name, help, samples } in gauges {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels: Vec<_> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        let gauges = [
            Gauge::new("feeds", "feeds by state").with(&[("state", "ok"), ("by", "a \"b\"\n")], 3.0),
            Gauge::new("size", "bytes").with(&[], 1_795_640_756.0),
        ];
        assert_eq!(
            text(&gauges),
            "# HELP feeds feeds by state\n# TYPE feeds gauge\nfeeds{state=\"ok\",by=\"a \\\"b\\\"\\n\"} 3\n# HELP size bytes\n# TYPE size gauge\nsize 1795640756\n"
        );
    }
}
