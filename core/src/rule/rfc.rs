//! The rules of the protocols underneath, which the two documents take for granted. Answers that
//! SIP itself demands cite these.

use super::{Basis, Rule};

rules! {
    CONTACTS "RFC 3261 10.2" Fact "A phone registers where it can be reached for a time that the registrar grants, renews that before it ends, and takes it back with an expiry of zero.";
    REGISTRAR "RFC 3261 10.3" Fact "A registrar answers 200 with the contacts that it holds and how long each still lasts.";
    METHOD "RFC 3261 8.2.1" Fact "A method that is known but not allowed is answered 405, one that is not known 501 or 405, with the allowed ones listed.";
    MERGED "RFC 3261 8.2.2.2" Fact "A request that arrived before, but by another branch and without a To tag, is answered 482: the first one counts.";
    REQUIRE "RFC 3261 8.2.2.3" Fact "A request that requires an extension which is not supported is answered 420 with its name.";
    CANCELLING "RFC 3261 9.1" Fact "An INVITE is cancelled only after its first provisional answer; without a final one within 64 T1 it is over.";
    CANCELLED "RFC 3261 9.2" Fact "A CANCEL is answered 200 and its INVITE 487; one that belongs to nothing is answered 481.";
    IN_DIALOG "RFC 3261 12.2.2" Fact "A request for a dialog that does not exist is answered 481, one whose CSeq does not grow 500.";
    CALL "RFC 3261 13.1" Fact "A call is asked for with INVITE: provisional answers tell how far it is, a 2xx begins the session, any other final answer ends the attempt.";
    ACK_SUCCESS "RFC 3261 13.2.2.4" Fact "Each 2xx to an INVITE is acknowledged, also when it comes again, by an ACK with a branch of its own.";
    ACCEPT "RFC 3261 13.3.1.4" Fact "A 2xx to an INVITE is sent again from T1 up to every T2 until its ACK comes; after 64 T1 without one the session is ended by BYE.";
    GLARE "RFC 3261 14.2" Fact "An INVITE that crosses one's own in the same dialog is answered 491; a second one before the first has its answer, 500 with Retry-After.";
    BYE "RFC 3261 15" Fact "BYE ends a session; the side that accepted it sends none before the ACK, or the end of the wait for it.";
    INVITE_CLIENT "RFC 3261 17.1.1" Fact "Over UDP an INVITE is sent again after T1, then at doubled distances, until any answer comes, and given up after 64 T1.";
    ACK_FAILURE "RFC 3261 17.1.1.3" Fact "A final answer other than 2xx is acknowledged within the INVITE's own transaction.";
    CLIENT "RFC 3261 17.1.2" Fact "Over UDP a request is sent again from T1 up to every T2 until its final answer, and given up after 64 T1.";
    INVITE_SERVER "RFC 3261 17.2.1" Fact "A refusal of an INVITE is sent again until its ACK comes; a repeated INVITE gets the last answer again.";
    SERVER "RFC 3261 17.2.2" Fact "A repeated request is not acted upon twice: it gets the last answer again.";
    RESPONSES "RFC 3261 18.1.2" Fact "An answer that belongs to no request of this side is dropped.";
    VIA "RFC 3581 4" Fact "An answer goes back to the address and port that the request came from, which it names in the Via.";
    BAD_REQUEST "RFC 3261 21.4.1" Fact "A request that lacks what is needed to understand it is answered 400.";
    OVERLOAD "RFC 3261 21.5.4" Fact "A side that cannot take more requests for now answers 503.";
    VERSION "RFC 3261 21.5.6" Fact "A request of another protocol version than SIP/2.0 is answered 505.";
    ACCEPTED "RFC 6026 7.1" Fact "An INVITE's transaction lives on for 64 T1 after its 2xx, so that a repetition of either is not taken for something new.";
    OFFER "RFC 3264 6" Fact "An answer has the offer's media in the offer's order, those it refuses with port 0; sendonly answers recvonly.";
    OFFER_PENDING "RFC 3311 5.2" Fact "An UPDATE with an offer that crosses one's own is answered 491; one before the answer to the last, 500 with Retry-After.";
    INFO "RFC 6086 4.2" Fact "An INFO without an info package is answered 200 if it is understood; 469 names a package that is not wanted.";
}
