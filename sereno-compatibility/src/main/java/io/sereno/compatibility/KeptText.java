package io.sereno.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of a kept store. Lines before the first record are a comment. A record begins with a line {@code @ word word};
 * the lines of its value follow, each behind {@code | }. The last line is behind {@code > } instead if no line feed ends it.
 * In words, blanks, control characters and percent signs are percent-encoded. In values, {@code \\0} is U+0000.
 */
final class KeptText {
    private KeptText() {}

    static void write(Path file, String comment, List<Stored> records) {
        StringBuilder text = new StringBuilder(comment.strip()).append('\n');
        for (Stored each : records) {
            text.append("\n@ ")
                    .append(each.words().stream().map(KeptText::encode).collect(Collectors.joining(" ")))
                    .append('\n');
            String rest = each.value().replace("\\", "\\\\").replace("\0", "\\0");
            while (!rest.isEmpty()) {
                int end = rest.indexOf('\n');
                text.append(end < 0 ? "> " : "| ")
                        .append(end < 0 ? rest : rest.substring(0, end))
                        .append('\n');
                rest = end < 0 ? "" : rest.substring(end + 1);
            }
        }
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!read(file).equals(records)) {
            throw new IllegalStateException(file + " does not hold what was written; only text of UTF-8 is accepted");
        }
    }

    static List<Stored> read(Path file) {
        List<Stored> records = new ArrayList<>();
        List<String> words = List.of();
        StringBuilder value = new StringBuilder();
        // Does not use lines(), which also ends a line at a carriage return.
        for (String line : textOf(file).split("\n", -1)) {
            if (line.startsWith("@ ")) {
                add(records, words, value);
                words = Arrays.stream(line.substring(2).split(" ", -1))
                        .map(KeptText::decode)
                        .toList();
                value.setLength(0);
            } else if (line.startsWith("| ")) {
                value.append(line, 2, line.length()).append('\n');
            } else if (line.startsWith("> ")) {
                value.append(line, 2, line.length());
            }
        }
        add(records, words, value);
        return records;
    }

    private static void add(List<Stored> records, List<String> words, CharSequence value) {
        if (!words.isEmpty()) {
            records.add(new Stored(words, unescape(value)));
        }
    }

    private static String unescape(CharSequence text) {
        StringBuilder value = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            if (each == '\\') {
                i++;
                each = text.charAt(i) == '0' ? '\0' : text.charAt(i);
            }
            value.append(each);
        }
        return value.toString();
    }

    private static String textOf(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String encode(String word) {
        StringBuilder encoded = new StringBuilder();
        for (int i = 0; i < word.length(); i++) {
            char each = word.charAt(i);
            if (each <= ' ' || each == '%') {
                encoded.append(String.format("%%%02X", (int) each));
            } else {
                encoded.append(each);
            }
        }
        return encoded.toString();
    }

    private static String decode(String word) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) == '%') {
                decoded.append((char) Integer.parseInt(word.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                decoded.append(word.charAt(i));
            }
        }
        return decoded.toString();
    }
}
