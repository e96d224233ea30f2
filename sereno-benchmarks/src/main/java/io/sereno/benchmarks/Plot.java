package io.sereno.benchmarks;

import io.sereno.benchmarks.Results.Cell;
import io.sereno.benchmarks.Results.Measured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A growth row as SVG: the size to the right, the figure upwards, both logarithmic; a panel for each store, a line for each system. */
final class Plot {
    private static final int PANEL = 300;
    private static final int HEIGHT = 220;
    private static final int LEFT = 60;
    private static final int TOP = 40;
    private static final int INNER = 210;
    private static final List<String> COLOURS = List.of("#1f5fa8", "#c8501e", "#3f7f3f", "#777777");

    private Plot() {}

    static String of(List<Cell> cells) {
        Map<String, List<Cell>> panels = new LinkedHashMap<>();
        for (Cell cell : cells) {
            panels.computeIfAbsent(cell.store(), unused -> new ArrayList<>()).add(cell);
        }
        double[] values = cells.stream()
                .flatMap(cell -> cell.measured().stream())
                .flatMap(measured -> measured.values().stream())
                .mapToDouble(Double::doubleValue)
                .filter(value -> value > 0)
                .toArray();
        if (values.length == 0) {
            throw new IllegalArgumentException("no values to plot");
        }
        Axis up = Axis.over(values);
        Axis right = Axis.over(cells.stream().mapToDouble(Cell::size).toArray());
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"11\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                PANEL * panels.size() + 10,
                TOP + HEIGHT + 100));
        text(
                svg,
                10,
                16,
                "start",
                "black",
                cells.get(0).row() + ": " + cells.get(0).what() + ", "
                        + cells.get(0).figure().unit);
        int index = 0;
        for (Map.Entry<String, List<Cell>> panel : panels.entrySet()) {
            panel(svg, PANEL * index++ + LEFT, panel.getKey(), panel.getValue(), right, up);
        }
        return svg.append("</svg>\n").toString();
    }

    private static void panel(StringBuilder svg, double left, String store, List<Cell> cells, Axis right, Axis up) {
        text(svg, left, TOP - 6, "start", "black", store);
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.0f\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"black\"/>%n",
                left,
                TOP,
                INNER,
                HEIGHT));
        for (double tick : up.ticks()) {
            double y = TOP + HEIGHT * (1 - up.place(tick));
            line(svg, "#dddddd", List.of(new double[] {left, y}, new double[] {left + INNER, y}));
            text(svg, left - 4, y + 4, "end", "black", Markdown.number(tick));
        }
        for (double tick : right.ticks()) {
            text(svg, left + INNER * right.place(tick), TOP + HEIGHT + 14, "middle", "black", Markdown.number(tick));
        }
        Map<String, List<double[]>> lines = new LinkedHashMap<>();
        for (Cell cell : cells) {
            for (Measured measured : cell.measured()) {
                List<double[]> points = lines.computeIfAbsent(
                        measured.system() + ", " + measured.subject(), unused -> new ArrayList<>());
                if (!measured.values().isEmpty()) {
                    points.add(new double[] {
                        left + INNER * right.place(cell.size()),
                        TOP + HEIGHT * (1 - up.place(measured.reached().median()))
                    });
                }
            }
        }
        int index = 0;
        for (Map.Entry<String, List<double[]>> each : lines.entrySet()) {
            String colour = COLOURS.get(index % COLOURS.size());
            line(svg, colour, each.getValue());
            for (double[] point : each.getValue()) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                        point[0],
                        point[1],
                        colour));
            }
            text(svg, left, TOP + HEIGHT + 34 + 16 * index++, "start", colour, each.getKey());
        }
    }

    private static void line(StringBuilder svg, String colour, List<double[]> points) {
        svg.append("<polyline fill=\"none\" stroke=\"").append(colour).append("\" points=\"");
        points.forEach(point -> svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", point[0], point[1])));
        svg.append("\"/>\n");
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String colour, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                colour,
                text.replace("&", "&amp;").replace("<", "&lt;")));
    }

    /** A logarithmic axis, from one power of ten to another. */
    private record Axis(int first, int last) {
        static Axis over(double[] values) {
            double least = Double.MAX_VALUE;
            double most = 0;
            for (double value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
            int first = (int) Math.floor(Math.log10(least));
            return new Axis(first, Math.max(first + 1, (int) Math.ceil(Math.log10(most))));
        }

        double place(double value) {
            return (Math.log10(value) - first) / (last - first);
        }

        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (int power = first; power <= last; power++) {
                ticks.add(Math.pow(10, power));
            }
            return ticks;
        }
    }
}
