//! Messages with the wire properties of RFC 4475, by its section numbers and short names.

use crate::wire::{clean, flawed, refused, wire};
use recscope_core::sdp::Session;
use recscope_core::sip::header::{
    Authorization, Contact, Expires, ProxyRequire, Require, RetryAfter, Route, Supported,
    TypedHeader, Warning,
};
use recscope_core::sip::{Host, Message, Method, Scheme, StartLine, parts};

/// A description that is offered by most of the messages; 11 lines.
const SDP: &str = "v=0
o=desk 31415 92653 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC/8000
";

/// A message with [`SDP`] for its body and the right length in place of `LENGTH`.
fn with_sdp(head: &str) -> Vec<u8> {
    let length = wire(SDP).len().to_string();
    wire(&format!("{}\n{SDP}", head.replace("LENGTH", &length)))
}

#[test]
fn s3_1_1_1_wsinv_folds_blanks_compact_forms_and_case() {
    let bytes = with_sdp(
        r#"
INVITE sip:vik@chair.example.com;unknownparam SIP/2.0
TO :
 sip:vik@chair.example.com ;   tag    = 1918181833n
from   : "J Rosen \\\""       <sip:jr@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : LENGTH
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jr@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33
"#,
    );
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!((uri.user, uri.host), (Some("vik"), Some(Host::Name("chair.example.com"))));
    assert!(uri.params.has("unknownparam"));
    assert_eq!(message.to().unwrap().tag(), Some("1918181833n"));
    let from = message.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some(r#"J Rosen \""#));
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(message.header("Max-Forwards"), Some("0068"));
    let cseq = message.cseq().unwrap();
    assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
    let vias: Vec<_> = message.vias().map(|via| (via.transport, via.branch())).collect();
    let expected = [("UDP", "390skdjuw"), ("TCP", "z9hG4bK9ikj8"), ("UDP", "z9hG4bK30239")];
    assert_eq!(vias, expected.map(|(transport, branch)| (transport, Some(branch))));
    assert_eq!(message.header("Subject"), Some(""));
    assert_eq!(
        message.header("NewFangledHeader"),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(message.header("UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    let Route(route) = message.typed().unwrap().unwrap();
    assert!(route.uri.is_loose_route());
    let contact = message.contacts().next().unwrap();
    let contact = contact.address().unwrap();
    assert_eq!(contact.display_name.as_deref(), Some(r#"Quoted string """#));
    assert_eq!(
        (contact.params.value("q"), contact.params.has("secondparam")),
        (Some("0.33"), true)
    );
    assert_eq!(Session::parse(message.sdp().unwrap().1).unwrap().session.media.len(), 2);
}

#[test]
fn s3_1_1_2_intmeth_every_character_that_is_allowed() {
    let text = "\
!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
To: \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u{440}\u{430}\u{431}\u{43e}\u{442}\u{430}\u{44e}\u{449}\u{438}\u{439}\";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_`'~:\u{fe}\u{5927}\u{505c}\u{96fb}
Content-Length: 0

";
    let bytes = wire(text);
    let message = clean(&bytes);
    let name = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(message.method(), Some(Method::Other(name)));
    assert_eq!(message.cseq().unwrap().method, Method::Other(name));
    let uri = message.request_uri().unwrap();
    assert_eq!(uri.user, Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(uri.password, Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(uri.host, Some(Host::Name("example.com")));
    assert_eq!(message.to().unwrap().display_name.as_deref(), Some("BEL:\x07 NUL:\x00 DEL:\x7f"));
    let from = message.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(from.params.value("fromParam''~+*_!.-%"), Some("работающий"));
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(message.header("extensionheader-!.%*+_`'~"), Some("\u{fe}大停電"));
}

#[test]
fn s3_1_1_3_esc01_percent_escapes() {
    let bytes = with_sdp(
        r"
INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact:
  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
Content-Length: LENGTH
",
    );
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!(uri.user_text().as_deref(), Some("sips:user@example.com"));
    assert_eq!(message.to().unwrap().uri.user_text().as_deref(), Some("user"));
    assert_eq!(message.from().unwrap().uri.user_text().as_deref(), Some("I have spaces"));
    let contact = message.contacts().next().unwrap();
    let params = contact.address().unwrap().uri.params;
    assert_eq!(params.value("n%61me"), Some("v%61lue%25%34%31"));
}

#[test]
fn s3_1_1_4_escnull_escaped_zero_bytes() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

",
    );
    let message = clean(&bytes);
    assert_eq!(message.to().unwrap().uri.user_text().as_deref(), Some("null-\0-null"));
    let users: Vec<_> = message
        .contacts()
        .filter_map(|c| c.address().and_then(|a| a.uri.user_text()).map(String::from))
        .collect();
    assert_eq!(users, ["\0", "\0\0"]);
    assert_eq!(message.content_length(), Some(0));
}

#[test]
fn s3_1_1_5_esc02_percent_that_escapes_nothing() {
    let bytes = wire(
        r#"
RE%47IST%45R sip:registrar.example.com SIP/2.0
To: "%Z%45" <sip:resource@example.com>
From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
Contact: <sip:alias3@host3.example.com>
l: 0

"#,
    );
    let message = clean(&bytes);
    assert_eq!(message.method(), Some(Method::Other("RE%47IST%45R")));
    assert_eq!(message.to().unwrap().display_name.as_deref(), Some("%Z%45"));
    assert_eq!(message.via().unwrap().branch(), Some("z9hG4bK209%fzsnel234"));
    assert_eq!(message.contacts().count(), 2);
}

#[test]
fn s3_1_1_6_lwsdisp_no_blank_after_a_display_name() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID: lwsdisp.1234abcd@funky.example.com
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
l: 0

",
    );
    let message = clean(&bytes);
    assert_eq!(message.from().unwrap().display_name.as_deref(), Some("caller"));
}

#[test]
fn s3_1_1_7_longreq_long_values_and_34_vias() {
    let long = "very".to_owned() + &"long".repeat(60);
    let vias: String = (1..=33)
        .rev()
        .map(|n| {
            let name = ["Via", "v", "V", "ViA", "VIA", "via ", "V  ", "vIa"][n % 8];
            format!("{name}: SIP/2.0/TCP sip{n}.example.com\n")
        })
        .collect();
    let bytes = with_sdp(&format!(
        r#"
INVITE sip:user@example.com SIP/2.0
To: "I have a user name of {long} proportion" <sip:user@example.com:6000;unknown1={long};{long}name=short;{long}NoValue>
F: sip:{long}@example.net;tag={}982424;{long}name={long};{long}valueless
Call-ID: longreq.one{}longcallid
CSeq: 3882340 INVITE
Unknown-{long}-Name: unknown-{long}-value; unknown-{long}-parameter-name = unknown-{long}-value
{vias}Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch={long}branchvalue
Max-Forwards: 70
Contact: <sip:{long}@host5.example.net>
Content-Type: application/sdp
l: LENGTH
"#,
        "12982".repeat(40),
        "really".repeat(20),
    ));
    let message = clean(&bytes);
    assert_eq!(message.vias().count(), 34);
    let hosts: Vec<_> = message.vias().map(|via| via.host.to_string()).collect();
    assert_eq!((hosts[0].as_str(), hosts[33].as_str()), ("sip33.example.com", "host.example.com"));
    assert_eq!(message.vias().last().unwrap().received(), Some("192.0.2.5".parse().unwrap()));
    assert_eq!(message.to().unwrap().uri.port, Some(6000));
    assert!(message.from().unwrap().tag().unwrap().ends_with("982424"));
}

#[test]
fn s3_1_1_8_dblreq_octets_after_the_body_are_left_out() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=43251j3j324
Max-Forwards: 8
I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
Contact: sip:j.user@host.example.com
CSeq: 8 REGISTER
Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
Content-Length: 0


INVITE sip:joe@example.com SIP/2.0
t: sip:joe@example.com
From: sip:caller@example.net;tag=141334
Max-Forwards: 8
Call-ID: dblreq.0ha0isnda977644900765@192.0.2.15
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw380234
Content-Length: 0

",
    );
    let message = flawed(
        &bytes,
        &[("\r\nINVITE sip:joe", "bytes follow the body that Content-Length announces")],
    );
    assert_eq!((message.method(), message.body), (Some(Method::Register), &b""[..]));
    assert_eq!(message.headers.len(), 8);
}

#[test]
fn s3_1_1_9_semiuri_semicolons_in_the_user() {
    let bytes = wire(
        "
OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: semiuri.0ha0isndaksdj
CSeq: 8 OPTIONS
Accept: application/sdp, application/pkcs7-mime,
        multipart/mixed, multipart/signed,
        message/sip, message/sipfrag
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
l: 0

",
    );
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!(uri.user_text().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(uri.host, Some(Host::Name("example.com")));
    assert!(uri.params.is_empty());
}

#[test]
fn s3_1_1_10_transports_known_and_unknown() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: <sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID:  transports.kijh4akdnaqjkwendsasfdj
Accept: application/sdp
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
l: 0

",
    );
    let message = clean(&bytes);
    let transports: Vec<_> = message.vias().map(|via| via.transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

#[test]
fn s3_1_1_11_mpart01_parts_of_text_and_octets() {
    let text = "
MESSAGE sip:kumiko@example.org SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport
Max-Forwards: 70
Route: <sip:127.0.0.1:5080>
Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeX
Contact: <sip:fluffy@127.0.0.1:5070>
To: <sip:kumiko@example.org>
From: <sip:fluffy@example.com>;tag=2fb0dcc9
Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..
CSeq: 1 MESSAGE
Content-Transfer-Encoding: binary
Content-Type: multipart/mixed;boundary=7a9cbec02ceef655
Date: Sat, 15 Oct 2005 04:44:56 GMT
User-Agent: SIPimp.org/0.2.5 (curses)
Content-Length: LENGTH

";
    let mut body = wire(
        "--7a9cbec02ceef655
Content-Type: text/plain
Content-Transfer-Encoding: binary

Hello
--7a9cbec02ceef655
Content-Type: application/octet-stream
Content-Transfer-Encoding: binary

",
    );
    let octets = [0x30, 0x82, 0x00, 0x0d, 0x0a, 0x0d, 0x0a, 0xff, 0xfe, b'-', b'-', 0x0d];
    body.extend_from_slice(&octets);
    body.extend_from_slice(b"\r\n--7a9cbec02ceef655--\r\n");
    let mut bytes = wire(&text.replace("LENGTH", &body.len().to_string()));
    bytes.extend_from_slice(&body);
    let message = clean(&bytes);
    let content_type = message.content_type().unwrap();
    let found: Vec<_> = parts(message.body, content_type.boundary().unwrap())
        .map(|part| (part.content_type().unwrap().to_string(), part.body))
        .collect();
    assert_eq!(found[0], ("text/plain".to_owned(), &b"Hello"[..]));
    assert_eq!(found[1], ("application/octet-stream".to_owned(), &octets[..]));
    assert_eq!(found.len(), 2);
    let (at, hello) = message.body_of_type("text", "plain").unwrap();
    assert_eq!(&bytes[at..at + hello.len()], b"Hello");
}

#[test]
fn s3_1_1_12_unreason_reason_phrase_in_utf8() {
    let bytes = wire(
        "
SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e} \u{441}\u{442}\u{43e} \u{434}\u{435}\u{432}\u{44f}\u{43d}\u{43e}\u{441}\u{442}\u{43e} \u{434}\u{435}\u{432}\u{44f}\u{442}\u{44c} - \u{43f}\u{440}\u{43e}\u{441}\u{442}\u{43e}\u{435}
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: unreason.1234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: 0
Contact: <sip:user@host198.example.com>

",
    );
    let message = clean(&bytes);
    let StartLine::Response { reason, .. } = &message.start_line else { panic!("a response") };
    assert_eq!(reason, "= 2**3 * 5**2 но сто девяносто девять - простое");
}

#[test]
fn s3_1_1_13_noreason_empty_reason_phrase() {
    let bytes = wire(
        "
SIP/2.0 100\u{20}
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: noreason.asndj203insdf99223ndf
CSeq: 35 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>

",
    );
    let message = clean(&bytes);
    let StartLine::Response { status, reason, .. } = &message.start_line else {
        panic!("a response")
    };
    assert_eq!((*status, reason.as_ref()), (100, ""));
}

#[test]
fn s3_1_2_1_badinv01_separators_without_parameters() {
    let bytes = with_sdp(
        r#"
INVITE sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=134161461246
Max-Forwards: 7
Call-ID: badinv01.0ha0isndaksdjasdf3234nas
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;;,;,,
Contact: "Joe" <sip:joe@example.org>;;;;
Content-Length: LENGTH
Content-Type: application/sdp
"#,
    );
    let message = flawed(
        &bytes,
        &[
            (";,;,,\r", "expected a parameter name"),
            (";,,\r", "expected SIP/2.0 and a transport"),
            (";;;\r", "expected a parameter name"),
        ],
    );
    // What can be made out is there all the same.
    assert_eq!(message.via().unwrap().host, Host::Address("192.0.2.15".parse().unwrap()));
    assert_eq!(message.contacts().count(), 1);
}

#[test]
fn s3_1_2_2_clerr_content_length_beyond_the_datagram() {
    let bytes = wire(&format!(
        "
INVITE sip:user@example.com SIP/2.0
Max-Forwards: 80
To: sip:j.user@example.com
From: sip:caller@example.net;tag=93942939o2
Contact: <sip:caller@hungry.example.net>
Call-ID: clerr.0ha0isndaksdjweiafasdk3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bK-39234-23523
Content-Type: application/sdp
Content-Length: 9999

{SDP}"
    ));
    let found = wire(SDP).len();
    let text = format!("the body needs 9999 bytes but only {found} are left");
    let message = flawed(&bytes, &[("9999\r", &text)]);
    assert_eq!(message.body.len(), found);
}

#[test]
fn s3_1_2_3_ncl_negative_content_length() {
    let bytes = wire(&format!(
        "
INVITE sip:user@example.com SIP/2.0
Max-Forwards: 254
To: sip:j.user@example.com
From: sip:caller@example.net;tag=32394234
Call-ID: ncl.0ha0isndaksdj2193423r542w35
CSeq: 0 INVITE
Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKkdjuw
Contact: <sip:caller@example53.example.net>
Content-Type: application/sdp
Content-Length: -999

{SDP}"
    ));
    let message = flawed(
        &bytes,
        &[("-999", "expected a Content-Length in digits"), ("-999", "expected a number")],
    );
    assert_eq!(message.body, wire(SDP));
}

#[test]
fn s3_1_2_4_scalar02_numbers_too_large_in_a_request() {
    let bytes = wire(&format!(
        "
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 36893488147419103232 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300
Expires: 1{}
Contact: <sip:user@host129.example.com>
  ;expires=280297596632815
Content-Length: 0

",
        "0".repeat(100)
    ));
    let message = flawed(
        &bytes,
        &[
            ("36893488", "expected a number below 2^32"),
            ("300\r", "Max-Forwards is 300, outside 0 to 255"),
            ("1000", "Expires is 9223372036854775807, outside 0 to 4294967295"),
            (";expires=280", "the contact's expires is 280297596632815, outside 0 to 4294967295"),
        ],
    );
    assert_eq!(message.cseq(), None);
    assert!(message.typed::<Expires>().unwrap().is_err());
}

#[test]
fn s3_1_2_5_scalarlg_numbers_too_large_in_a_response() {
    let bytes = wire(
        r#"
SIP/2.0 503 Service Unavailable
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129
To: <sip:user@example.com>
From: <sip:other@example.net>;tag=2easdjfejw
CSeq: 9292394834772304023312 OPTIONS
Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r
Retry-After: 949302838503028349304023988
Warning: 1812 overture "In Progress"
Content-Length: 0

"#,
    );
    let message = flawed(
        &bytes,
        &[
            ("9292394834772304023312", "expected a number below 2^32"),
            ("949302838503", "Retry-After is 9223372036854775807, outside 0 to 4294967295"),
            ("1812 over", "expected a code of three digits"),
        ],
    );
    assert_eq!(message.status(), Some(503));
    assert!(message.typed::<RetryAfter>().unwrap().is_err());
    assert!(message.typed::<Warning<'_>>().unwrap().is_err());
}

#[test]
fn s3_1_2_6_quotbal_quotes_that_do_not_close() {
    let bytes = with_sdp(
        r#"
INVITE sip:user@example.com SIP/2.0
To: "Mr. J. User <sip:j.user@example.com>
From: sip:caller@example.net;tag=93334
Max-Forwards: 10
Call-ID: quotbal.aksdj
Contact: <sip:caller@host59.example.net>
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234
Content-Type: application/sdp
Content-Length: LENGTH
"#,
    );
    let message = flawed(&bytes, &[("\"Mr. J", "expected a closing quote for this one")]);
    let to = message.to().unwrap();
    assert_eq!((to.display_name.as_deref(), to.uri.user), (Some("Mr. J. User"), Some("j.user")));
}

#[test]
fn s3_1_2_7_ltgtruri_brackets_around_the_request_uri() {
    let bytes = with_sdp(
        "
INVITE <sip:user@example.com> SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=39291
Max-Forwards: 23
Call-ID: ltgtruri.1@192.0.2.5
CSeq: 1 INVITE
Via: SIP/2.0/UDP 192.0.2.5
Contact: <sip:caller@host5.example.net>
Content-Type: application/sdp
Content-Length: LENGTH
",
    );
    let message = flawed(&bytes, &[("<sip:user", "expected a URI with a scheme such as sip:")]);
    assert_eq!(message.request_uri(), None);
}

#[test]
fn s3_1_2_8_lwsruri_blanks_in_the_request_uri() {
    let bytes = with_sdp(
        "
INVITE sip:user@example.com; lr SIP/2.0
To: sip:user@example.com;tag=3xfe-9921883-z9f
From: sip:caller@example.net;tag=231413434
Max-Forwards: 5
Call-ID: lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423
CSeq: 2130706432 INVITE
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw2395
Contact: <sip:caller@host1.example.net>
Content-Type: application/sdp
Content-Length: LENGTH
",
    );
    let expected = "expected a URI without blanks, quotes and angle brackets";
    flawed(&bytes, &[(" lr SIP/2.0", expected)]);
}

#[test]
fn s3_1_2_9_lwsstart_several_spaces_in_the_request_line() {
    let bytes = with_sdp(
        "
INVITE  sip:user@example.com  SIP/2.0
Max-Forwards: 8
To: sip:user@example.com
From: sip:caller@example.net;tag=8814
Call-ID: lwsstart.dfknq234oi243099adsdfnawe3@example.com
CSeq: 1893884 INVITE
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw3923
Contact: <sip:caller@host1.example.net>
Content-Type: application/sdp
Content-Length: LENGTH
",
    );
    let text = "the parts of the request line are more than one space apart";
    let message = flawed(&bytes, &[("  sip:user", text)]);
    assert_eq!(message.request_uri().unwrap().user, Some("user"));
}

#[test]
fn s3_1_2_10_trws_blanks_at_the_end_of_the_request_line() {
    let bytes = wire(
        "
OPTIONS sip:remote-target@example.com SIP/2.0\u{20}\u{20}
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK299342093
To: <sip:remote-target@example.com>
From: <sip:local-resource@example.com>;tag=329429089
Call-ID: trws.oicu34958239neffasdhr2345r
Accept: application/sdp
CSeq: 238923 OPTIONS
Max-Forwards: 70
Content-Length: 0

",
    );
    flawed(&bytes, &[("  \r\nVia", "the request line has blanks at its end")]);
}

#[test]
fn s3_1_2_11_escruri_headers_in_the_request_uri() {
    let bytes = with_sdp(
        "
INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=341518
Max-Forwards: 7
Contact: <sip:caller@host39923.example.net>
Call-ID: escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5
CSeq: 149209342 INVITE
Via: SIP/2.0/UDP host-of-the-hour.example.com;branch=z9hG4bKkdjuw
Content-Type: application/sdp
Content-Length: LENGTH
",
    );
    let message = flawed(&bytes, &[("?Route", "a Request-URI may hold no headers")]);
    let uri = message.request_uri().unwrap();
    let headers: Vec<_> = uri.header_fields().collect();
    assert_eq!(headers, [("Route".into(), "<sip:example.com>".into())]);
}

#[test]
fn s3_1_2_12_baddate_time_zone_other_than_gmt() {
    let bytes = with_sdp(
        "
INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=2234923
Max-Forwards: 70
Call-ID: baddate.239423mnsadf3j23lj42--sedfnm234
CSeq: 1392934 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
Date: Fri, 01 Jan 2010 16:00:00 EST
Contact: <sip:caller@host5.example.net>
Content-Type: application/sdp
Content-Length: LENGTH
",
    );
    flawed(&bytes, &[("EST\r", "expected GMT, which is the only time zone allowed")]);
}

#[test]
fn s3_1_2_13_regbadct_uri_with_headers_without_brackets() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=998332
Max-Forwards: 70
Call-ID: regbadct.k345asrl3fdbv@10.0.0.1
CSeq: 1 REGISTER
Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw
Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E
l: 0

",
    );
    let expected = "expected angle brackets around a URI with a question mark";
    flawed(&bytes, &[("?Route", expected)]);
}

#[test]
fn s3_1_2_14_badaspec_blanks_in_an_address() {
    let bytes = wire(
        r#"
OPTIONS sip:user@example.org SIP/2.0
Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234
Max-Forwards: 70
From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423
To: "Watson, Thomas" < sip:t.watson@example.org >
Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3
Accept: application/sdp
CSeq: 3923239 OPTIONS
l: 0

"#,
    );
    let message = flawed(&bytes, &[(" sip:t.wat", "expected a URI with a scheme such as sip:")]);
    assert_eq!(message.to().unwrap().uri.user, Some("t.watson"));
}

#[test]
fn s3_1_2_15_baddn_display_name_that_needs_quotes() {
    let bytes = wire(
        "
OPTIONS sip:t.watson@example.org SIP/2.0
Via:     SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards:      70
From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43
To:      Watson, Thomas <sip:t.watson@example.org>
Call-ID: baddn.31415@c.example.com
Accept: application/sdp
CSeq:    3923239 OPTIONS
l: 0

",
    );
    let expected = "expected quotes around a display name with this character";
    let message = flawed(&bytes, &[(", Alex", expected), (", Thomas", expected)]);
    assert_eq!(message.from().unwrap().display_name.as_deref(), Some("Bell, Alexander"));
    assert_eq!(message.from().unwrap().tag(), Some("43"));
}

#[test]
fn s3_1_2_16_badvers_version_of_the_future() {
    let bytes = wire(
        "
OPTIONS sip:t.watson@example.org SIP/7.0
Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw
Max-Forwards:     70
From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe
To:      T. Watson <sip:t.watson@example.org>
Call-ID: badvers.31417@c.example.com
CSeq:    1 OPTIONS
l: 0

",
    );
    let message = flawed(&bytes, &[("SIP/7.0\r", "the version is not SIP/2.0")]);
    assert_eq!(message.via().unwrap().version, "7.0");
}

#[test]
fn s3_1_2_17_mismatch01_cseq_of_another_method() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch01.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0

",
    );
    flawed(&bytes, &[("8 INVITE", "the CSeq's method is not the request's")]);
}

#[test]
fn s3_1_2_18_mismatch02_unknown_method_and_cseq_of_another() {
    let bytes = with_sdp(
        "
NEWMETHOD sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch02.dj0234sxdfl3
CSeq: 8 INVITE
Contact: <sip:caller@host.example.net>
Via: SIP/2.0/UDP host.example.net;branch=z9hG4bKkdjuw
Content-Type: application/sdp
l: LENGTH
",
    );
    let message = flawed(&bytes, &[("8 INVITE", "the CSeq's method is not the request's")]);
    assert_eq!(message.method(), Some(Method::Other("NEWMETHOD")));
}

#[test]
fn s3_1_2_19_bigcode_status_too_large() {
    let bytes = wire(
        "
SIP/2.0 4294967301 better not break the receiver
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i
CSeq: 353494 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>

",
    );
    refused(&bytes, ("4294967301", "the status is 4294967301, outside 100 to 699"));
}

#[test]
fn s3_2_1_badbranch_cookie_without_an_id() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
Accept: application/sdp
Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
CSeq: 8 OPTIONS
l: 0

",
    );
    let expected = "expected something after the z9hG4bK of the branch";
    flawed(&bytes, &[(";branch=z9hG4bK\r", expected)]);
}

#[test]
fn s3_3_1_insuf_required_headers_missing() {
    let bytes = with_sdp(
        "
INVITE sip:user@example.com SIP/2.0
CSeq: 193942 INVITE
Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf
Content-Type: application/sdp
l: LENGTH
",
    );
    flawed(
        &bytes,
        &[
            ("v=0", "expected a From header"),
            ("v=0", "expected a To header"),
            ("v=0", "expected a Call-ID header"),
        ],
    );
}

#[test]
fn s3_3_2_unkscm_request_uri_of_an_unknown_scheme() {
    let bytes = wire(
        "
OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0

",
    );
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!(uri.scheme, Scheme::Other("nobodyKnowsThisScheme"));
    assert_eq!((uri.host, uri.as_str()), (None, "nobodyKnowsThisScheme:totallyopaquecontent"));
}

#[test]
fn s3_3_3_novelsc_request_uri_of_another_protocol() {
    let bytes = wire(
        "
OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: novelsc.asdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0

",
    );
    assert_eq!(clean(&bytes).request_uri().unwrap().scheme, Scheme::Other("soap.beep"));
}

#[test]
fn s3_3_4_unksm2_unknown_schemes_in_headers() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: isbn:2983792873
From: <http://www.example.com>;tag=3234233
Call-ID: unksm2.daksdj@hyphenated-host.example.com
CSeq: 234902 REGISTER
Max-Forwards: 70
Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw
Contact: <name:John_Smith>
l: 0

",
    );
    let message = clean(&bytes);
    assert_eq!(message.to().unwrap().uri.scheme, Scheme::Other("isbn"));
    let from = message.from().unwrap();
    assert_eq!((from.uri.scheme, from.tag()), (Scheme::Other("http"), Some("3234233")));
}

#[test]
fn s3_3_5_bext01_extensions_that_nobody_knows() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: bext01.0ha0isndaksdj
Require: nothingSupportsThis, nothingSupportsThisEither
Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
CSeq: 8 OPTIONS
Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

",
    );
    let message = clean(&bytes);
    let required: Vec<_> = message.typed_all::<Require<'_>>().map(|tag| tag.unwrap().0).collect();
    assert_eq!(required, ["nothingSupportsThis", "nothingSupportsThisEither"]);
    assert_eq!(message.typed_all::<ProxyRequire<'_>>().count(), 2);
    assert_eq!(message.typed_all::<Supported<'_>>().count(), 0);
}

#[test]
fn s3_3_6_invut_unknown_content_type() {
    let bytes = wire(
        r#"
INVITE sip:user@example.com SIP/2.0
Contact: <sip:caller@host5.example.net>
To: sip:j.user@example.com
From: sip:caller@example.net;tag=8392034
Max-Forwards: 70
Call-ID: invut.0ha0isndaksdjadsfij34n23d
CSeq: 235448 INVITE
Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw
Content-Type: application/unknownformat
Content-Length: 40

<audio>
 <pcmu port="443"/>
</audio>
"#,
    );
    let message = clean(&bytes);
    assert!(message.content_type().unwrap().is("application", "unknownformat"));
    assert_eq!(message.sdp(), None);
}

#[test]
fn s3_3_7_regaut01_unknown_authorization_scheme() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=87321hj23128
Max-Forwards: 8
Call-ID: regaut01.0ha0isndaksdj
CSeq: 9338 REGISTER
Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw
Authorization: NoOneKnowsThisScheme opaque-data=here
Content-Length:0

",
    );
    let message = clean(&bytes);
    let Authorization(found) = message.typed().unwrap().unwrap();
    assert_eq!((found.scheme, found.parameters), ("NoOneKnowsThisScheme", "opaque-data=here"));
    assert_eq!(found.value("opaque-data"), Some("here"));
}

#[test]
fn s3_3_8_multi01_single_headers_repeated() {
    let bytes = with_sdp(
        "
INVITE sip:user@company.com SIP/2.0
Contact: <sip:caller@host25.example.net>
Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw
Max-Forwards: 70
CSeq: 5 INVITE
Call-ID: multi01.98asdh@192.0.2.1
CSeq: 59 INVITE
Call-ID: multi01.98asdh@192.0.2.2
From: sip:caller@example.com;tag=3413415
To: sip:user@example.com
To: sip:other@example.net
From: sip:caller@example.net;tag=2923420123
Content-Type: application/sdp
l: LENGTH
Contact: <sip:caller@host36.example.net>
Max-Forwards: 5
",
    );
    let once = "the header may stand only once";
    flawed(
        &bytes,
        &[
            ("CSeq: 59", once),
            ("Call-ID: multi01.98asdh@192.0.2.2", once),
            ("To: sip:other", once),
            ("From: sip:caller@example.net", once),
            ("Max-Forwards: 5\r", once),
        ],
    );
}

#[test]
fn s3_3_9_mcl01_lengths_that_differ() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423
To: sip:user@example.com
From: sip:other@example.net;tag=3923942
Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf
CSeq: 15932 OPTIONS
Content-Length: 13
Max-Forwards: 60
Content-Length: 5
Content-Type: text/plain

There's no way to know how many octets are supposed to be here.
",
    );
    let message = flawed(
        &bytes,
        &[
            ("13\r", "there are several Content-Length headers that differ"),
            ("y to know", "bytes follow the body that Content-Length announces"),
            ("Content-Length: 5", "the header may stand only once"),
        ],
    );
    assert_eq!(message.body, b"There's no wa");
}

#[test]
fn s3_3_10_bcast_response_to_a_broadcast_address() {
    let bytes = with_sdp(
        "
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23
Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: LENGTH
Content-Type: application/sdp
Contact: <sip:user@host28.example.com>
",
    );
    let message = clean(&bytes);
    let last = message.vias().last().unwrap();
    assert_eq!(last.host.address(), Some("255.255.255.255".parse().unwrap()));
}

#[test]
fn s3_3_11_zeromf_no_hops_left() {
    let bytes = wire(
        "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=3ghsd41
Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas
CSeq: 39234321 OPTIONS
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i
Max-Forwards: 0
Content-Length: 0

",
    );
    assert_eq!(clean(&bytes).header("Max-Forwards"), Some("0"));
}

#[test]
fn s3_3_12_and_13_cparam_parameter_of_the_header_or_of_the_uri() {
    for (contact, of_header) in [
        ("sip:+19725552222@gw1.example.net;unknownparam", true),
        ("<sip:+19725552222@gw1.example.net;unknownparam>", false),
    ] {
        let bytes = wire(&format!(
            "
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe
To: sip:watson@example.com
Call-ID: cparam01.70710@saturn.example.com
CSeq: 2 REGISTER
Contact: {contact}
l: 0

"
        ));
        let message = clean(&bytes);
        let contact: Contact<'_> = message.contacts().next().unwrap();
        let address = contact.address().unwrap();
        assert_eq!(address.params.has("unknownparam"), of_header);
        assert_eq!(address.uri.params.has("unknownparam"), !of_header);
        assert_eq!(address.uri.user, Some("+19725552222"));
    }
}

#[test]
fn s3_3_14_regescrt_uri_with_headers_in_brackets() {
    let bytes = wire(
        "
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=8
Max-Forwards: 70
Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>
L:0

",
    );
    let message = clean(&bytes);
    let contact = message.contacts().next().unwrap();
    let fields: Vec<_> = contact.address().unwrap().uri.header_fields().collect();
    assert_eq!(fields, [("Route".into(), "<sip:sip.example.com>".into())]);
}

#[test]
fn s3_3_15_sdp01_accepts_no_sdp() {
    let bytes = with_sdp(
        "
INVITE sip:user@example.com SIP/2.0
To: sip:j_user@example.com
Contact: <sip:caller@host15.example.net>
From: sip:caller@example.net;tag=234
Max-Forwards: 5
Call-ID: sdp01.ndaksdj9342dasdd
Accept: text/nobodyKnowsThis
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw
Content-Length: LENGTH
Content-Type: application/sdp
",
    );
    assert_eq!(clean(&bytes).header("Accept"), Some("text/nobodyKnowsThis"));
}

#[test]
fn s3_4_1_inv2543_no_tag_no_branch_no_max_forwards() {
    let bytes = with_sdp(
        "
INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp
l: LENGTH
",
    );
    let message = clean(&bytes);
    assert_eq!((message.from().unwrap().tag(), message.via().unwrap().branch()), (None, None));
    assert_eq!(message.to().unwrap().params.value("user"), Some("phone"));
    let record_route = message.address("Record-Route").unwrap();
    assert_eq!(record_route.uri.params.value("maddr"), Some("ss1.example.com"));
}

#[test]
fn a_typed_header_reads_alone_as_it_does_in_a_message() {
    let warning = Warning::parse("304 isi.edu \"Incompatible \\\"media\\\" format\"").unwrap();
    assert_eq!((warning.code, warning.agent), (304, "isi.edu"));
    assert_eq!(warning.text(), "Incompatible \"media\" format");
    let message = Message::parse(b"SIP/2.0 488 No\r\nWarning: 399 a \"b\", 370 c:1 \"d\"\r\n\r\n");
    let message = message.unwrap().message;
    let codes: Vec<_> = message.typed_all::<Warning<'_>>().map(|w| w.unwrap().code).collect();
    assert_eq!(codes, [399, 370]);
}
