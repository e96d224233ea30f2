package io.sereno.benchmarks;

import static java.util.Collections.disjoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the command line asks for.
 *
 * @param rows in the order of the catalogue
 * @param stores empty for all
 */
record Settings(
        List<Row> rows,
        List<String> stores,
        Duration warmUp,
        Duration window,
        int windows,
        boolean publish,
        String command) {
    static final String USAGE =
            "sereno-benchmarks/run WHAT... [STORE...] [warm-up=MS] [window=MS] [windows=N] [publish]; "
                    + "WHAT is w, growth, memory, or rows of them: "
                    + String.join(
                            ", ", Rows.ALL.stream().map(Row::id).distinct().toList())
                    + "; STORE is redis, etcd, zookeeper, postgresql or memory. publish writes the results into"
                    + " docs/performance.md";

    static Settings parse(List<String> words) {
        Map<String, Integer> numbers = new TreeMap<>(Map.of("warm-up", 2_000, "window", 2_000, "windows", 3));
        Set<Row.Group> groups = EnumSet.noneOf(Row.Group.class);
        List<String> ids = new ArrayList<>();
        List<String> stores = new ArrayList<>();
        boolean publish = false;
        for (String word : words) {
            String name = word.toLowerCase(Locale.ROOT);
            String[] setting = name.split("=", 2);
            if (setting.length == 2) {
                if (!numbers.containsKey(setting[0]) || !setting[1].matches("[1-9][0-9]{0,6}")) {
                    throw new IllegalArgumentException(word + " is no setting; usage: " + USAGE);
                }
                numbers.put(setting[0], Integer.parseInt(setting[1]));
            } else if (name.equals("publish")) {
                publish = true;
            } else if (name.equals(Rows.MEMORY) || name.equals("w") || name.equals("growth")) {
                // The name of the group and of its only store.
                groups.add(Row.Group.valueOf(name.toUpperCase(Locale.ROOT)));
            } else if (Rows.SERVERS.contains(name)) {
                stores.add(name);
            } else if (Rows.ALL.stream().anyMatch(row -> row.id().equalsIgnoreCase(name))) {
                ids.add(name);
            } else {
                throw new IllegalArgumentException("'" + word + "' is unknown; usage: " + USAGE);
            }
        }
        List<Row> rows = Rows.ALL.stream()
                .filter(row -> ids.isEmpty() || ids.contains(row.id().toLowerCase(Locale.ROOT)))
                .filter(row -> groups.isEmpty() ? !ids.isEmpty() && isFirst(row) : groups.contains(row.group()))
                .toList();
        if (rows.isEmpty() || (!stores.isEmpty() && rows.stream().allMatch(row -> disjoint(row.stores(), stores)))) {
            throw new IllegalArgumentException("nothing to measure; usage: " + USAGE);
        }
        return new Settings(
                rows,
                stores,
                Duration.ofMillis(numbers.getOrDefault("warm-up", 0)),
                Duration.ofMillis(numbers.getOrDefault("window", 0)),
                numbers.getOrDefault("windows", 0),
                publish,
                "sereno-benchmarks/run " + String.join(" ", words));
    }

    /** If two groups have a row of this name and no group is asked for, the row on servers is meant. */
    private static boolean isFirst(Row row) {
        return Rows.ALL.stream()
                .filter(other -> other.id().equals(row.id()))
                .findFirst()
                .filter(row::equals)
                .isPresent();
    }

    boolean measures(String store) {
        return stores.isEmpty() || stores.contains(store);
    }
}
