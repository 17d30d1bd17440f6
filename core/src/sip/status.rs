//! Status codes in words.

/// The usual reason phrase of a status code (RFC 3261 21 and the IANA registry), or the name of
/// its class where the code itself is unknown; empty outside 100 to 699.
#[must_use]
pub fn status_text(status: u16) -> &'static str {
    find(OFTEN, status).or_else(|| find(SELDOM, status)).unwrap_or(class_text(status))
}

/// The reason phrase of an answer of this side: in firmware one of those that machines give, or
/// the name of its class.
pub(super) fn answer_text(status: u16) -> &'static str {
    if cfg!(feature = "small") {
        find(OFTEN, status).unwrap_or(class_text(status))
    } else {
        status_text(status)
    }
}

fn find(texts: &[(u16, &'static str)], status: u16) -> Option<&'static str> {
    texts.iter().find(|(known, _)| *known == status).map(|(_, text)| *text)
}

/// What the machines of this crate answer.
const OFTEN: &[(u16, &str)] = &[
    (100, "Trying"),
    (180, "Ringing"),
    (200, "OK"),
    (400, "Bad Request"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (420, "Bad Extension"),
    (481, "Call/Transaction Does Not Exist"),
    (482, "Loop Detected"),
    (487, "Request Terminated"),
    (488, "Not Acceptable Here"),
    (491, "Request Pending"),
    (500, "Server Internal Error"),
    (503, "Service Unavailable"),
    (505, "Version Not Supported"),
    (603, "Decline"),
];

/// What others may answer.
const SELDOM: &[(u16, &str)] = &[
    (181, "Call Is Being Forwarded"),
    (182, "Queued"),
    (183, "Session Progress"),
    (199, "Early Dialog Terminated"),
    (202, "Accepted"),
    (204, "No Notification"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Moved Temporarily"),
    (305, "Use Proxy"),
    (380, "Alternative Service"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (410, "Gone"),
    (412, "Conditional Request Failed"),
    (413, "Request Entity Too Large"),
    (414, "Request-URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Unsupported URI Scheme"),
    (417, "Unknown Resource-Priority"),
    (421, "Extension Required"),
    (422, "Session Interval Too Small"),
    (423, "Interval Too Brief"),
    (424, "Bad Location Information"),
    (425, "Bad Alert Message"),
    (428, "Use Identity Header"),
    (429, "Provide Referrer Identity"),
    (430, "Flow Failed"),
    (433, "Anonymity Disallowed"),
    (436, "Bad Identity Info"),
    (437, "Unsupported Credential"),
    (438, "Invalid Identity Header"),
    (439, "First Hop Lacks Outbound Support"),
    (440, "Max-Breadth Exceeded"),
    (469, "Bad Info Package"),
    (470, "Consent Needed"),
    (480, "Temporarily Unavailable"),
    (483, "Too Many Hops"),
    (484, "Address Incomplete"),
    (485, "Ambiguous"),
    (486, "Busy Here"),
    (489, "Bad Event"),
    (493, "Undecipherable"),
    (494, "Security Agreement Required"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (504, "Server Time-out"),
    (513, "Message Too Large"),
    (555, "Push Notification Service Not Supported"),
    (580, "Precondition Failure"),
    (600, "Busy Everywhere"),
    (604, "Does Not Exist Anywhere"),
    (606, "Not Acceptable"),
    (607, "Unwanted"),
    (608, "Rejected"),
];

const fn class_text(status: u16) -> &'static str {
    match status / 100 {
        1 => "Progress",
        2 => "Success",
        3 => "Redirection",
        4 => "Request Failure",
        5 => "Server Failure",
        6 => "Global Failure",
        _ => "",
    }
}
