package io.sereno.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How results are printed, to standard output. */
final class Output {
    /** What people read, or what programs read. */
    enum Format {
        TABLE,
        /** One object. */
        JSON,
        /** One object a line, for each row. */
        NDJSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, json or ndjson (table).")
    Format format = Format.TABLE;

    /** Prints rows with the names of their columns; numbers stay numbers in JSON. */
    void print(List<String> names, List<List<Object>> rows) {
        switch (format) {
            case TABLE ->
                Text.columns(rows.stream()
                                .map(row -> row.stream().map(String::valueOf).toList())
                                .toList())
                        .forEach(System.out::println);
            case NDJSON -> rows.forEach(row -> System.out.println(Json.of(object(names, row))));
            case JSON -> {
                Map<String, Object> all = new LinkedHashMap<>();
                all.put("schema", 1);
                all.put("rows", rows.stream().map(row -> object(names, row)).toList());
                System.out.println(Json.of(all));
            }
        }
    }

    private static Map<String, Object> object(List<String> names, List<Object> row) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            object.put(names.get(i), row.get(i));
        }
        return object;
    }
}
