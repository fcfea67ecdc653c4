//! The entropy-coded part of a JPEG: its bits, and the Huffman tables that make symbols of them
//! (ITU-T T.81, annex F). Knows nothing of what the symbols stand for but their sizes.

/// Bits that are looked up at once; longer codes are rare.
const LOOK: u32 = 10;
/// What ends a block's coefficients, as a run: beyond any index.
pub const END: usize = 128;
/// Zero bytes behind the data, so that what is read ahead needs no check.
const PADDING: usize = 8;

/// A run of scan data up to a marker, without the bytes that only guard it.
pub struct Segment {
    bytes: Vec<u8>,
    length: usize,
}

impl Segment {
    /// An empty one.
    pub fn new() -> Self {
        Self { bytes: Vec::new(), length: 0 }
    }

    /// Takes `data` up to the first marker, which is given back with what follows it; `None` when
    /// the data ends before.
    pub fn fill<'a>(&mut self, mut data: &'a [u8]) -> Option<(u8, &'a [u8])> {
        self.bytes.clear();
        let marker = loop {
            let guard = data.iter().position(|byte| *byte == 0xff)?;
            self.bytes.extend_from_slice(&data[..guard]);
            let next = *data.get(guard + 1)?;
            // a fill byte is followed by what it fills up for
            data = &data[guard + if next == 0xff { 1 } else { 2 }..];
            match next {
                0 => self.bytes.push(0xff),
                0xff => {}
                marker => break marker,
            }
        };
        self.length = self.bytes.len();
        self.bytes.extend([0; PADDING]);
        Some((marker, data))
    }

    /// Its bits from the first on.
    pub fn bits(&self) -> Bits<'_> {
        Bits { bytes: &self.bytes, at: 0, ahead: 0, count: 0 }
    }

    /// Whether `bits` took no more than there were.
    pub fn holds(&self, bits: &Bits<'_>) -> bool {
        bits.at * 8 - bits.count as usize <= self.length * 8
    }
}

/// Bits of a segment; zeros behind its end.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    ahead: u64,
    count: u32,
}

impl Bits<'_> {
    /// Has at least 56 bits ready.
    #[inline(always)]
    pub fn refill(&mut self) {
        if let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            self.ahead |= u64::from_be_bytes(*next) >> self.count;
        }
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;
    }

    #[inline(always)]
    fn peek(&self, count: u32) -> u32 {
        // the two steps make a count of nothing right
        (self.ahead >> 1 >> (63 - count)) as u32
    }

    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.ahead <<= count;
        self.count -= count;
    }

    /// The next `size` bits, at most 15, as T.81 writes numbers of that size.
    #[inline(always)]
    pub fn number(&mut self, size: u32) -> i32 {
        let number = extended(self.peek(size), size);
        self.skip(size);
        number
    }
}

/// `size` bits as a number: those that begin with 0 are negative.
#[inline(always)]
fn extended(bits: u32, size: u32) -> i32 {
    let is_negative = size > 0 && bits >> (size - 1) == 0;
    bits as i32 - if is_negative { (1 << size) - 1 } else { 0 }
}

/// What the next bits say: a code, and the number behind it where both were looked up.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Bits of the code and the number; none when it has to be worked out.
    length: u8,
    /// How far the coefficient lies behind the one before it.
    step: u8,
    value: i16,
}

/// A Huffman table.
pub struct Table {
    known: Box<[Known; 1 << LOOK]>,
    /// Of every length: the code behind the last one, as if of 16 bits, and what makes an index of
    /// a code.
    lengths: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the number of codes of each length and the symbols in their order; `None` when they do
    /// not fit together.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            known: Box::new([Known::default(); 1 << LOOK]),
            lengths: [(0, 0); 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1..).zip(counts) {
            table.lengths[length as usize].1 = index as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(index)?;
                if code >> length != 0 {
                    return None;
                }
                if length <= LOOK {
                    table.learn(code, length, symbol);
                }
                code += 1;
                index += 1;
            }
            table.lengths[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Enters all that can follow `code` within what is looked up.
    fn learn(&mut self, code: u32, length: u32, symbol: u8) {
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        let open = LOOK - length;
        for rest in 0..1_u32 << open {
            let known = match (run, size) {
                (0, 0) => Known { length: length as u8, step: END as u8, value: 0 },
                (15, 0) => Known { length: length as u8, step: 16, value: 0 },
                (_, 1..) if size <= open => Known {
                    length: (length + size) as u8,
                    step: run + 1,
                    value: extended(rest >> (open - size), size) as i16,
                },
                _ => Known::default(),
            };
            self.known[(code << open | rest) as usize] = known;
        }
    }

    /// The symbol that the 16 bits `next` begin with, and the length of its code; `None` when no
    /// code begins so.
    #[cold]
    fn symbol(&self, next: u32) -> Option<(u8, u32)> {
        let length = (1..17).find(|length| next < self.lengths[*length].0)?;
        let index = (next >> (16 - length)) as i32 + self.lengths[length].1;
        Some((*self.symbols.get(usize::try_from(index).ok()?)?, length as u32))
    }

    /// The next first coefficient, as its difference from the one before: its symbol is its size.
    #[inline(always)]
    pub fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        match self.coefficient(bits)? {
            (1 | END, difference) => Some(difference),
            _ => None,
        }
    }

    /// The next coefficient of a block: how far behind the one before, [`END`] and more where there
    /// is none, and what it is.
    #[inline(always)]
    pub fn coefficient(&self, bits: &mut Bits<'_>) -> Option<(usize, i32)> {
        bits.refill();
        let known = self.known[bits.peek(LOOK) as usize];
        if known.length > 0 {
            bits.skip(u32::from(known.length));
            return Some((known.step.into(), known.value.into()));
        }
        let (symbol, length) = self.symbol(bits.peek(16))?;
        bits.skip(length);
        match (usize::from(symbol >> 4), u32::from(symbol & 15)) {
            (0, 0) => Some((END, 0)),
            (15, 0) => Some((16, 0)),
            // of sequential pictures only these have a meaning
            (_, 0) => None,
            (run, size) => Some((run + 1, bits.number(size))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_fall_out_and_the_marker_is_told() {
        let mut segment = Segment::new();
        let data = [1, 0xff, 0, 2, 0xff, 0xff, 0xd3, 9];
        assert_eq!(segment.fill(&data), Some((0xd3, &[9][..])));
        assert_eq!(segment.bytes[..segment.length], [1, 0xff, 2]);
        assert_eq!(segment.fill(&[1, 2, 3]), None, "no marker");
        assert_eq!(segment.fill(&[1, 0xff]), None);
        assert_eq!(segment.fill(&[0xff, 0xd9]), Some((0xd9, &[][..])));
        assert_eq!(segment.length, 0);
    }

    #[test]
    fn numbers_are_read_across_bytes_and_no_further_than_there_are() {
        let mut segment = Segment::new();
        segment.fill(&[0b1010_0110, 0b0111_0000, 0xff, 0xd9]).unwrap();
        let mut bits = segment.bits();
        bits.refill();
        let read: Vec<i32> = [1, 3, 0, 5, 7].map(|size| bits.number(size)).into();
        // 1, 010, nothing, 01100, 1110000
        assert_eq!(read, [1, -5, 0, -19, 112]);
        assert!(segment.holds(&bits));
        bits.number(1);
        assert!(!segment.holds(&bits));
        for _ in 0..20 {
            bits.refill();
            assert_eq!(bits.number(15), -32767, "zeros behind the end");
        }
        assert!(!segment.holds(&bits));
    }

    #[test]
    fn codes_short_and_long_give_their_symbols() {
        // lengths 1, 2 and 12: 0, 10 and 1100 0000 0000
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[11]) = (1, 1, 1);
        let table = Table::new(&counts, &[0x12, 0x00, 0xf3]).unwrap();
        let mut segment = Segment::new();
        // 0 + 11, 1100 0000 0000 + 101, 10, and what begins like no code
        segment.fill(&[0b0111_1000, 1, 0b0110_1111, 0b1111_0000, 0xff, 0xd9]).unwrap();
        let mut bits = segment.bits();
        assert_eq!(table.coefficient(&mut bits), Some((2, 3)));
        assert_eq!(table.coefficient(&mut bits), Some((16, 5)));
        assert_eq!(table.coefficient(&mut bits), Some((END, 0)));
        assert_eq!(table.coefficient(&mut bits), None);
    }

    #[test]
    fn tables_with_more_codes_than_bits_or_symbols_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_none());
        counts[0] = 2;
        assert!(Table::new(&counts, &[1]).is_none());
        assert!(Table::new(&counts, &[1, 2]).is_some());
    }
}
