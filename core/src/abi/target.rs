//! The processor that code was made for.

/// Architecture and system, and the processor's features that code may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub triple: String,
    /// Names of the code generator, sorted by it.
    pub features: Vec<String>,
}

impl Target {
    /// Why code for `self` cannot run on `host`; `None` if it can.
    pub fn refusal(&self, host: &Target) -> Option<String> {
        if self.triple != host.triple {
            return Some(format!("it is for {}, and this is {}", self.triple, host.triple));
        }
        let missing: Vec<&str> = self
            .features
            .iter()
            .filter(|feature| !host.features.contains(feature))
            .map(|feature| feature.trim_start_matches("has_"))
            .collect();
        (!missing.is_empty()).then(|| format!("this processor lacks {}", missing.join(", ")))
    }
}
