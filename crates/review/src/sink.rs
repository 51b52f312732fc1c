use std::sync::Arc;

use sluice_text::{Evidence, Fix, Span};

/// Collects what a rule has to say.
#[derive(Debug)]
pub struct Sink<'a> {
    drafts: &'a mut Vec<Draft>,
    evidence: Evidence,
}

/// A finding that is not placed and weighed yet.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) evidence: Evidence,
    pub(crate) fix: Option<Arc<Fix>>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(drafts: &'a mut Vec<Draft>, evidence: Evidence) -> Self {
        Self { drafts, evidence }
    }

    /// Reports something at a place of the file. The message names the thing, in lower case and without a full stop.
    /// Evidence is `modelled` if every relation of the statement is known, else `assumed`.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> Reported<'_> {
        self.drafts.push(Draft {
            span,
            message: message.into(),
            help: String::new(),
            evidence: self.evidence,
            fix: None,
        });
        Reported { draft: self.drafts.last_mut() }
    }
}

/// A finding that can still be added to.
#[derive(Debug)]
pub struct Reported<'a> {
    draft: Option<&'a mut Draft>,
}

impl Reported<'_> {
    /// What to do: one imperative sentence, in lower case and without a full stop.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(draft) = self.draft.as_deref_mut() {
            draft.help = help.into();
        }
        self
    }

    /// How it is known, where that is not what the statement's relations say.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        if let Some(draft) = self.draft.as_deref_mut() {
            draft.evidence = evidence;
        }
        self
    }

    /// A change of the text that makes it go away.
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        if let Some(draft) = self.draft.as_deref_mut() {
            draft.fix = fix.into().map(Arc::new);
        }
        self
    }
}
