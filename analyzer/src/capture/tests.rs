use super::*;
use recscope_core::Limits;

#[test]
fn captures_are_told_by_content() {
    let table: [(&[u8], Option<Kind>); 9] = [
        (&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0], Some(Kind::Pcap)),
        (&[0xa1, 0xb2, 0x3c, 0x4d], Some(Kind::Pcap)),
        (&[0x34, 0xcd, 0xb2, 0xa1], Some(Kind::Pcap)),
        (&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a], Some(Kind::PcapNg)),
        (&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0], None),
        (&[0x1f, 0x8b, 8], Some(Kind::Gzip)),
        (b"RIFF....WAVE", None),
        (&[0xd4, 0xc3, 0xb2], None),
        (&[], None),
    ];
    for (start, kind) in table {
        assert_eq!(sniff(start), kind, "{start:02x?}");
    }
    assert_eq!(Reader::new(&Limits::default()).finish().packets, 0);
}
