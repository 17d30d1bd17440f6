//! Captures, read and compared with tshark.

use recscope_analyzer::capture::{Reader, Step};
use recscope_analyzer::net::{Decoder, Payload};
use recscope_core::Limits;

#[test]
fn a_call_is_read_down_to_its_datagrams() {
    let file = include_bytes!("../../testdata/captures/call-pcmu.pcap");
    let mut reader = Reader::new(&Limits::default());
    let mut decoder = Decoder::new(&Limits::default());
    let (mut packets, mut datagrams) = (0, 0);
    let mut rest = &file[..];
    loop {
        let (consumed, step) = reader.push(rest);
        match step {
            Step::NeedMore | Step::End => break,
            Step::Packet(packet) => {
                packets += 1;
                decoder.decode(&packet, &mut |payload| {
                    if let Payload::Udp(datagram) = payload {
                        let at = usize::try_from(datagram.offset.unwrap()).unwrap();
                        assert_eq!(&file[at..at + datagram.payload.len()], datagram.payload);
                        datagrams += 1;
                    }
                });
            }
            _ => {}
        }
        rest = &rest[consumed..];
    }
    assert_eq!((packets, datagrams), (1118, 1118));
    let summary = reader.finish();
    assert_eq!((summary.cut, summary.stopped, summary.packets), (None, None, 1118));
    assert_eq!(decoder.undecoded().count(), 0);
}
