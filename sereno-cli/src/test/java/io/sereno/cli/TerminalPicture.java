package io.sereno.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Draws what a terminal shows, as SVG: each character where the terminal has it. */
final class TerminalPicture {
    private static final Pattern STYLE = Pattern.compile("\u001b\\[([0-9;]*)m");
    private static final double WIDE = 8.4;
    private static final int HIGH = 18;
    private static final int EDGE = 14;

    private boolean bold;
    private boolean red;
    private final StringBuilder picture = new StringBuilder();

    private TerminalPicture() {}

    /** {@code screen} has styles as {@code tmux capture-pane -e} prints them: bold, red and plain. */
    static String svg(String screen, int columns) {
        List<String> lines = new ArrayList<>(screen.lines().toList());
        while (!lines.isEmpty()
                && STYLE.matcher(lines.get(lines.size() - 1)).replaceAll("").isBlank()) {
            lines.remove(lines.size() - 1);
        }
        TerminalPicture drawn = new TerminalPicture();
        drawn.picture
                .append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
                .append(number(columns * WIDE + 2 * EDGE))
                .append(' ')
                .append(lines.size() * HIGH + 2 * EDGE)
                .append(
                        "\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n")
                .append("<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#14181f\"/>\n");
        for (int i = 0; i < lines.size(); i++) {
            drawn.line(lines.get(i), EDGE + (i + 1) * HIGH - 5);
        }
        return drawn.picture.append("</svg>\n").toString();
    }

    private void line(String line, int y) {
        int column = 0;
        int from = 0;
        Matcher style = STYLE.matcher(line);
        while (style.find()) {
            column = text(line.substring(from, style.start()), column, y);
            style(style.group(1));
            from = style.end();
        }
        text(line.substring(from), column, y);
    }

    private void style(String codes) {
        for (String code : codes.split(";", -1)) {
            switch (code) {
                case "", "0" -> {
                    bold = false;
                    red = false;
                }
                case "1" -> bold = true;
                case "31" -> red = true;
                case "39" -> red = false;
                case "49" -> {
                    // The background is always the same.
                }
                default -> throw new IllegalArgumentException("no picture has the style " + code);
            }
        }
    }

    /** The column after it. */
    private int text(String text, int column, int y) {
        String shown = text.stripTrailing();
        int begin = (int) shown.chars().takeWhile(c -> c == ' ').count();
        if (begin < shown.length()) {
            int wide = shown.length() - begin;
            picture.append("<text xml:space=\"preserve\" x=\"")
                    .append(number(EDGE + (column + begin) * WIDE))
                    .append("\" y=\"")
                    .append(y)
                    .append("\" textLength=\"")
                    .append(number(wide * WIDE))
                    .append("\" fill=\"")
                    .append(red ? "#ff7b72" : bold ? "#ffffff" : "#c9d1d9")
                    .append(bold ? "\" font-weight=\"bold\">" : "\">")
                    .append(shown.substring(begin)
                            .replace("&", "&amp;")
                            .replace("<", "&lt;")
                            .replace(">", "&gt;"))
                    .append("</text>\n");
        }
        return column + text.length();
    }

    private static String number(double value) {
        return String.format(java.util.Locale.ROOT, "%.1f", value);
    }
}
