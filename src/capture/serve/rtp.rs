//! RTP and RTCP packets (RFC 3550) as they lie in an interleaved RTSP connection (RFC 2326, section
//! 10.12): those of an access unit are made once; what differs from viewer to viewer and from round to
//! round is written when they are sent. Pure.

use std::time::Duration;

use bytes::BytesMut;

/// Ticks a second of every video's RTP time stamps (RFC 3551, section 5).
pub const CLOCK_RATE: u32 = 90_000;
/// `$`, channel and length (two bytes) in front of each packet.
const FRAMING: usize = 4;
/// A packet's header without sources or extension.
const HEADER: usize = 12;
/// Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix); RFC 5905, figure 4.
const NTP_TO_UNIX_S: u64 = 2_208_988_800;
/// Who sends (RFC 3550, section 6.5.1): with its terminator it fills four words.
const NAME: &[u8; 12] = b"streetwarden";

/// The RTP packets of one access unit, framed, with channel, sequence number, time and source
/// still to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packets(Vec<u8>);

impl Packets {
    /// Adds a packet; false, and nothing is added, when it is none or too long to be framed.
    pub fn add(&mut self, packet: &[u8]) -> bool {
        let Ok(length) = u16::try_from(packet.len()) else { return false };
        if packet.len() < HEADER {
            return false;
        }
        self.0.extend_from_slice(&[b'$', 0]);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(packet);
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The channels of packets and of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// RTP's.
    pub rtp: u8,
    /// RTCP's.
    pub rtcp: u8,
}

/// How one viewer's packets are numbered.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The stream's source.
    source: u32,
    /// Of the next packet.
    sequence: u16,
    /// Time stamp of the stream's beginning.
    base: u32,
    /// Sent so far, as reports count: modulo 2^32.
    packets: u32,
    octets: u32,
}

impl Numbers {
    /// Those that begin with `sequence` and the time stamp `base`.
    pub fn new(source: u32, sequence: u16, base: u32) -> Self {
        Self { source, sequence, base, packets: 0, octets: 0 }
    }

    /// The next packet's sequence number.
    pub fn sequence(&self) -> u16 {
        self.sequence
    }

    /// The time stamp of `time` after the stream's beginning.
    pub fn stamp(&self, time: Duration) -> u32 {
        let ticks = time.as_nanos() * u128::from(CLOCK_RATE) / 1_000_000_000;
        // counts modulo 2^32
        self.base.wrapping_add(ticks as u32)
    }

    /// Appends an access unit shown `time` after the stream's beginning.
    pub fn send(&mut self, unit: &Packets, time: Duration, channels: Channels, to: &mut BytesMut) {
        let stamp = self.stamp(time);
        let mut at = to.len();
        to.extend_from_slice(&unit.0);
        while let Some(packet) = to.get_mut(at..).filter(|rest| rest.len() >= FRAMING + HEADER) {
            let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
            packet[1] = channels.rtp;
            packet[6..8].copy_from_slice(&self.sequence.to_be_bytes());
            packet[8..12].copy_from_slice(&stamp.to_be_bytes());
            packet[12..16].copy_from_slice(&self.source.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
            self.packets = self.packets.wrapping_add(1);
            self.octets = self.octets.wrapping_add((length - HEADER) as u32);
            at += FRAMING + length;
        }
    }

    /// Appends a sender's report: `time` after the stream's beginning it was `unix` since 1970.
    pub fn report(&self, unix: Duration, time: Duration, channels: Channels, to: &mut BytesMut) {
        frame(&self.reports(unix, time), channels, to);
    }

    /// Appends the end of the stream, which a report goes before.
    pub fn goodbye(&self, unix: Duration, time: Duration, channels: Channels, to: &mut BytesMut) {
        let mut reports = self.reports(unix, time);
        reports.extend_from_slice(&[0x81, 203, 0, 1]);
        reports.extend_from_slice(&self.source.to_be_bytes());
        frame(&reports, channels, to);
    }

    /// Sender report and source description (RFC 3550, sections 6.4.1 and 6.5).
    fn reports(&self, unix: Duration, time: Duration) -> Vec<u8> {
        let seconds = unix.as_secs().wrapping_add(NTP_TO_UNIX_S) as u32;
        let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
        let mut reports = vec![0x80, 200, 0, 6];
        let words =
            [self.source, seconds, fraction as u32, self.stamp(time), self.packets, self.octets];
        words.iter().for_each(|word| reports.extend_from_slice(&word.to_be_bytes()));
        reports.extend_from_slice(&[0x81, 202, 0, 5]);
        reports.extend_from_slice(&self.source.to_be_bytes());
        reports.extend_from_slice(&[1, NAME.len() as u8]);
        reports.extend_from_slice(NAME);
        reports.extend_from_slice(&[0, 0]);
        reports
    }
}

fn frame(packet: &[u8], channels: Channels, to: &mut BytesMut) {
    to.extend_from_slice(&[b'$', channels.rtcp]);
    to.extend_from_slice(&(packet.len() as u16).to_be_bytes());
    to.extend_from_slice(packet);
}

/// The packets in `framed`, each with its channel.
pub fn packets(mut framed: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = framed.split_first_chunk::<FRAMING>()?;
        let (packet, after) =
            rest.split_at_checked(u16::from_be_bytes([head[2], head[3]]).into())?;
        framed = after;
        Some((head[1], packet))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: Channels = Channels { rtp: 4, rtcp: 5 };

    fn unit() -> Packets {
        let mut unit = Packets::default();
        assert!(unit.add(&[&[0x80, 96][..], &[0; 10], b"abc"].concat()));
        assert!(unit.add(&[&[0x80, 0xe0][..], &[0; 10], b"defgh"].concat()));
        unit
    }

    #[test]
    fn packets_are_numbered_and_stamped_for_their_viewer() {
        let mut numbers = Numbers::new(0xabcd_ef01, u16::MAX, u32::MAX);
        let mut sent = BytesMut::new();
        numbers.send(&unit(), Duration::from_millis(40), CHANNELS, &mut sent);
        let seen: Vec<_> = packets(&sent).collect();
        let head = [0xab, 0xcd, 0xef, 0x01];
        let first = [&[0x80, 96, 0xff, 0xff, 0, 0, 0x0e, 0x0f][..], &head, b"abc"].concat();
        let second = [&[0x80, 0xe0, 0, 0, 0, 0, 0x0e, 0x0f][..], &head, b"defgh"].concat();
        assert_eq!(seen, [(4, &first[..]), (4, &second[..])]);
        assert_eq!((numbers.sequence(), numbers.packets, numbers.octets), (1, 2, 8));
    }

    #[test]
    fn a_report_tells_the_time_and_what_was_sent_and_an_end_follows_one() {
        let mut numbers = Numbers::new(7, 0, 100);
        numbers.send(&unit(), Duration::ZERO, CHANNELS, &mut BytesMut::new());
        let (unix, time) = (Duration::from_millis(1_500), Duration::from_secs(2));
        let (mut report, mut end) = (BytesMut::new(), BytesMut::new());
        numbers.report(unix, time, CHANNELS, &mut report);
        numbers.goodbye(unix, time, CHANNELS, &mut end);
        let (channel, report) = packets(&report).next().unwrap();
        assert_eq!((channel, report.len() % 4), (5, 0));
        let word = |at: usize| u32::from_be_bytes(report[at..at + 4].try_into().unwrap());
        assert_eq!(word(8), 2_208_988_801);
        assert_eq!(word(12), 1 << 31);
        assert_eq!([word(16), word(20), word(24)], [100 + 180_000, 2, 8]);
        // each part says how many words follow its first
        assert_eq!((&report[2..4], &report[30..32]), (&[0, 6][..], &[0, 5][..]));
        assert_eq!(report.len(), 28 + 24);
        let (_, end) = packets(&end).next().unwrap();
        assert_eq!((&end[..52], &end[52..]), (report, &[0x81, 203, 0, 1, 0, 0, 0, 7][..]));
    }

    #[test]
    fn what_is_no_packet_or_cannot_be_framed_is_not_taken() {
        let mut unit = Packets::default();
        assert!(!unit.add(&[0; 11]) && !unit.add(&vec![0; 1 << 16]));
        assert!(unit.is_empty());
        assert_eq!(packets(&[b'$', 0, 0, 9, 1]).count(), 0, "cut short");
    }
}
