package io.sereno.benchmarks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.sereno.benchmarks.Contestant.Role;
import io.sereno.benchmarks.Row.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one run measured.
 *
 * @param about when, where and with what: versions, settings, machine
 */
record Results(String command, Map<String, String> about, List<Cell> cells) {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeSpecialFloatingPointValues()
            .create();

    /**
     * One row on one store at one size.
     *
     * @param target the ratio to the best peer, or without a peer what Sereno has to reach; null if there is none
     */
    record Cell(
            String row,
            String what,
            String store,
            int size,
            Figure figure,
            @Nullable Double target,
            List<Measured> measured) {
        Optional<Measured> sereno() {
            return measured.stream().filter(each -> each.role == Role.SERENO).findFirst();
        }

        /** The best peer that was measured at all, right or wrong. */
        Optional<Measured> bestPeer() {
            Comparator<Measured> better =
                    Comparator.comparingDouble(each -> each.reached().median());
            return measured.stream()
                    .filter(each -> each.role == Role.PEER && !each.values.isEmpty())
                    .max(figure.moreIsBetter ? better : better.reversed());
        }

        /** Above 1 if Sereno is better than the best peer. */
        Optional<Double> ratio() {
            return sereno().filter(sereno -> !sereno.values.isEmpty())
                    .flatMap(sereno -> bestPeer()
                            .map(peer -> figure.moreIsBetter
                                    ? sereno.reached().median() / peer.reached().median()
                                    : peer.reached().median() / sereno.reached().median()));
        }

        /** Whether the target is met; empty if there is none, or nothing to compare. */
        Optional<Boolean> met() {
            Double wanted = target;
            if (wanted == null || sereno().map(each -> each.values.isEmpty()).orElse(true)) {
                return Optional.empty();
            }
            boolean right = sereno().orElseThrow().faults.isEmpty();
            double reached =
                    ratio().orElseGet(() -> sereno().orElseThrow().reached().median());
            // A ratio needs a peer: without one, only a number of operations can be a target.
            return ratio().isEmpty() && wanted < 1_000 ? Optional.empty() : Optional.of(right && reached >= wanted);
        }
    }

    /**
     * One contestant of a cell.
     *
     * @param values the compared figure of each window; empty if it failed
     * @param stats of the values
     * @param figures all others: medians over the windows
     * @param faults results that were wrong
     * @param failure why there are no values
     */
    record Measured(
            Role role,
            String system,
            String subject,
            List<Double> values,
            @Nullable Stats stats,
            Map<String, Double> figures,
            List<String> faults,
            @Nullable String failure) {
        /** The statistics of a contestant that did not fail. */
        Stats reached() {
            if (stats == null) {
                throw new IllegalStateException(system + " was not measured: " + failure);
            }
            return stats;
        }

        Optional<Double> figure(String name) {
            return Optional.ofNullable(figures.get(name)).filter(value -> !value.isNaN());
        }
    }

    /** Faults of Sereno, and its failures; the run fails with them. Those of peers are shown only. */
    List<String> faultsOfSereno() {
        return cells.stream()
                .flatMap(cell -> cell.sereno().stream().flatMap(sereno -> {
                    List<String> faults = sereno.failure == null ? sereno.faults : List.of(sereno.failure);
                    return faults.stream().map(fault -> cell.row + " on " + cell.store + ": " + fault);
                }))
                .toList();
    }

    void write(Path file) throws IOException {
        Files.writeString(file, GSON.toJson(this) + "\n");
    }

    static Results read(Path file) throws IOException {
        return GSON.fromJson(Files.readString(file), Results.class);
    }
}
