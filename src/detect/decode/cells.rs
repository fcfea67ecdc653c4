//! The grid of cells that dense detectors answer for: finest stride first, row by row.

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Column.
    pub x: f32,
    /// Row.
    pub y: f32,
    /// Pixels a side.
    pub stride: f32,
}

/// All cells of an input, in the order of the model's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells(Vec<Cell>);

impl Cells {
    /// Cells of a `width` × `height` input.
    pub fn new(width: u32, height: u32, strides: &[u32]) -> Self {
        let mut cells = Vec::new();
        for &stride in strides.iter().filter(|s| **s > 0) {
            for y in 0..height / stride {
                for x in 0..width / stride {
                    cells.push(Cell { x: x as f32, y: y as f32, stride: stride as f32 });
                }
            }
        }
        Self(cells)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none (set prediction has none).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_416_input_has_3549_cells_in_order() {
        let cells = Cells::new(416, 416, &[8, 16, 32]);
        assert_eq!(cells.len(), 3549);
        let at = |i: usize| *cells.iter().nth(i).unwrap();
        assert_eq!(at(0), Cell { x: 0.0, y: 0.0, stride: 8.0 });
        assert_eq!(at(53), Cell { x: 1.0, y: 1.0, stride: 8.0 });
        assert_eq!(at(52 * 52), Cell { x: 0.0, y: 0.0, stride: 16.0 });
        assert_eq!(at(3548), Cell { x: 12.0, y: 12.0, stride: 32.0 });
    }
}
