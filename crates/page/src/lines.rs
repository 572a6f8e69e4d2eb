//! Lines, points and bands over the same axes.

use kuva::plot::{BandPlot, LinePlot, ScatterPlot};
use kuva::prelude::Plot;

use super::figure::{Canvas, Figure, Key, Panel, Stroke};

/// A place on both axes.
pub type Point = (f64, f64);

/// Lines that share their axes.
#[derive(Default)]
pub struct Lines {
    bands: Vec<BandPlot>,
    plots: Vec<LinePlot>,
    dots: Vec<ScatterPlot>,
    points: Vec<Point>,
    keys: Vec<Key>,
}

impl Lines {
    /// Adds a line, unless it has no finite point. A line of one point is drawn as a dot.
    pub fn add(&mut self, label: &str, colour: &str, width: f64, marked: bool, points: Vec<Point>) {
        let points: Vec<Point> = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        if points.is_empty() {
            return;
        }
        self.points.extend(&points);
        self.keys.push(Key::new(label, colour, Stroke::Solid));
        if marked || points.len() == 1 {
            self.dots.push(ScatterPlot::new().with_data(points.iter().copied()).with_color(colour).with_size(3.5));
        }
        self.plots.push(LinePlot::new().with_data(points).with_color(colour).with_stroke_width(width));
    }

    /// Adds points without a line, unless there are none.
    pub fn points(&mut self, label: &str, colour: &str, points: Vec<Point>) {
        if points.is_empty() {
            return;
        }
        self.keys.push(Key::new(label, colour, Stroke::Dot));
        self.dots.push(ScatterPlot::new().with_data(points.iter().copied()).with_color(colour).with_size(4.0));
        self.points.extend(points);
    }

    /// Adds a band between two lines over the same places.
    pub fn band(&mut self, label: &str, colour: &str, opacity: f64, low: &[Point], high: &[Point]) {
        let x: Vec<f64> = low.iter().map(|point| point.0).collect();
        let ends = [low, high].map(|line| line.iter().map(|point| point.1).collect::<Vec<f64>>());
        self.points.extend(low.iter().chain(high));
        self.keys.push(Key::new(label, colour, Stroke::Band));
        let [low, high] = ends;
        self.bands.push(BandPlot::new(x, low, high).with_color(colour).with_opacity(opacity));
    }

    /// Dashes the last line.
    pub fn dash_last(&mut self) {
        let last = self.plots.pop().map(LinePlot::with_dashed);
        self.plots.extend(last);
    }

    /// Fills the area below the last line.
    pub fn fill_last(&mut self) {
        let last = self.plots.pop().map(|line| line.with_fill().with_fill_opacity(0.15));
        self.plots.extend(last);
    }

    /// Draws them; `None` when there is nothing to draw.
    pub fn draw(self, canvas: Canvas) -> Option<String> {
        let bands = self.bands.into_iter().map(Plot::Band);
        let lines = self.plots.into_iter().map(Plot::from);
        let plots = bands.chain(lines).chain(self.dots.into_iter().map(Plot::from)).collect();
        canvas.draw(plots, &self.points)
    }

    /// A figure of them alone.
    pub fn figure(mut self, title: &'static str, caption: String, canvas: Canvas) -> Figure {
        let keys = std::mem::take(&mut self.keys);
        let panels = self.draw(canvas).map(|svg| Panel { title: String::new(), svg });
        Figure { title, caption, panels: panels.into_iter().collect(), keys }
    }
}
