//! The final answer to a request.

use recscope_core::sip::{Message, StartLine, header, status_text};

/// Status and words of a final answer.
#[derive(Clone, Debug)]
pub(crate) struct FinalAnswer {
    pub(crate) status: u16,
    phrase: Box<str>,
    /// Text of a Warning header.
    warning: Option<Box<str>>,
    /// Where a redirection leads.
    target: Option<Box<str>>,
}

impl FinalAnswer {
    pub(crate) fn of(message: &Message<'_>, status: u16) -> Self {
        let phrase = match &message.start_line {
            StartLine::Response { reason, .. } => reason.trim(),
            StartLine::Request { .. } => "",
        };
        let warning = message.typed::<header::Warning<'_>>().and_then(Result::ok);
        let target = message.contacts().next().filter(|_| (300..=399).contains(&status));
        let target = target.as_ref().and_then(header::Contact::address);
        Self {
            status,
            phrase: phrase.into(),
            warning: warning.map(|warning| warning.text().into()),
            target: target.map(|address| address.uri.to_string().into()),
        }
    }

    /// `486 Busy Here`, with the text of a Warning header, or where a redirection leads.
    pub(crate) fn in_words(&self) -> String {
        let phrase = if self.phrase.is_empty() { status_text(self.status) } else { &self.phrase };
        let mut words = format!("{} {phrase}", self.status);
        if let Some(target) = &self.target {
            words.push_str(" to ");
            words.push_str(target);
        }
        if let Some(text) = self.warning.as_ref().filter(|text| !text.is_empty()) {
            words.push_str(" (");
            words.push_str(text);
            words.push(')');
        }
        words
    }
}
