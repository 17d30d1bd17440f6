//! A SIP message of a call, with what is asked of it again and again.

use recscope_core::sip::Message;
use recscope_core::sip::header::{CSeq, NameAddr};
use std::ops::Deref;

/// A message whose place in its dialog has been read. All else is asked of the message.
#[derive(Debug)]
pub(crate) struct Heard<'m> {
    message: &'m Message<'m>,
    cseq: Option<CSeq<'m>>,
    from: Option<NameAddr<'m>>,
    to: Option<NameAddr<'m>>,
}

impl<'m> Heard<'m> {
    pub(crate) fn new(message: &'m Message<'m>) -> Self {
        Self { message, cseq: message.cseq(), from: message.from(), to: message.to() }
    }

    /// As [`Message::cseq`].
    pub(crate) const fn cseq(&self) -> Option<CSeq<'m>> {
        self.cseq
    }

    /// As [`Message::from`].
    pub(crate) const fn from(&self) -> Option<&NameAddr<'m>> {
        self.from.as_ref()
    }

    /// As [`Message::to`].
    pub(crate) const fn to(&self) -> Option<&NameAddr<'m>> {
        self.to.as_ref()
    }

    /// The tag of its sender, or of the request's that it answers.
    pub(crate) fn tag_of_from(&self) -> Option<&'m str> {
        self.from.as_ref().and_then(NameAddr::tag)
    }

    /// The tag of the other side, which an INVITE that begins a dialog does not have.
    pub(crate) fn tag_of_to(&self) -> Option<&'m str> {
        self.to.as_ref().and_then(NameAddr::tag)
    }
}

impl<'m> Deref for Heard<'m> {
    type Target = Message<'m>;

    fn deref(&self) -> &Message<'m> {
        self.message
    }
}
