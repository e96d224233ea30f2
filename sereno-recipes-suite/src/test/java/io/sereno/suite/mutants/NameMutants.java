package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Names with a special meaning, and names that collide. */
final class NameMutants {
    private NameMutants() {}

    static List<Mutant> all() {
        return List.of(
                refusing("NAM-1a", "names longer than 255 bytes are refused", name -> PlainStore.bytes(name) > 255),
                refusing(
                        "NAM-1a",
                        "control characters are refused",
                        name -> name.chars().anyMatch(Character::isISOControl)),
                folding("NAM-1b", "upper and lower case are the same", name -> name.toLowerCase(Locale.ROOT)),
                folding("NAM-1b", "names are normalised", name -> Normalizer.normalize(name, Normalizer.Form.NFKC)),
                folding("NAM-1b", "the escaping is not injective", name -> name.replace("/", "%2F")),
                folding(
                        "NAM-1b",
                        "spaces at the end are cut off",
                        name -> name.endsWith(" ") && name.length() > 1 ? name.substring(0, name.length() - 1) : name),
                Mutant.store("NAM-1b", "a path is resolved", world -> new PlainStore(world.time()) {
                    @Override
                    String path(String directory) {
                        return directory.replaceAll("/+", "/");
                    }
                }),
                Mutant.store("NAM-2a", "a directory is read by its prefix", world -> new PlainStore(world.time()) {
                    @Override
                    List<Entry> entries(String directory) {
                        List<Entry> all = new ArrayList<>();
                        directories.forEach((path, entries) -> {
                            if (path.equals(directory) || path.startsWith(directory + "/")) {
                                entries.values().stream()
                                        .filter(entry -> all.stream()
                                                .noneMatch(other -> other.name().equals(entry.name())))
                                        .forEach(all::add);
                            }
                        });
                        all.sort(Comparator.comparing(Entry::name, BY_BYTES));
                        return all;
                    }
                }),
                Mutant.store("NAM-2a", "a directory is watched by its prefix", world -> new PlainStore(world.time()) {
                    @Override
                    boolean covers(PlainWatch watch, String directory, String name) {
                        return super.covers(watch, directory, name)
                                || (watch.target().name().isEmpty()
                                        && directory.startsWith(watch.target().directory() + "/"));
                    }
                }),
                sharing("NAM-2b", "all namespaces are one", (namespace, directory) -> directory),
                sharing(
                        "NAM-2b",
                        "a namespace with a slash at its end is the one without",
                        (namespace, directory) -> namespace.replaceAll("/+$", "") + "\u0001" + directory),
                new Mutant(
                        "namespaces are watched by their prefix",
                        "NAM-2b",
                        new OneStore((namespace, directory) -> namespace + "\u0001" + directory) {
                            @Override
                            public PlainStore store(World world) {
                                return new PlainStore(world.time()) {
                                    @Override
                                    boolean covers(PlainWatch watch, String directory, String name) {
                                        String own = watch.target().directory();
                                        return super.covers(watch, directory, name)
                                                || (directory.startsWith(own.substring(0, own.indexOf('\u0001')))
                                                        && directory.endsWith(own.substring(own.indexOf('\u0001')))
                                                        && watch.target().name().isEmpty());
                                    }
                                };
                            }
                        }),
                sharing(
                        "NAM-2c",
                        "namespace and directory are joined by a slash",
                        (namespace, directory) -> namespace + "/" + directory));
    }

    private static Mutant refusing(String rule, String what, java.util.function.Predicate<String> refused) {
        return Mutant.client(rule, what, (world, below) -> new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                boolean bad = refused.test(commit.directory())
                        || commit.writes().stream().anyMatch(write -> refused.test(write.name()));
                return bad ? failedFuture(PlainStore.refused("such a name")) : super.commit(commit);
            }
        });
    }

    /** Names that are different for users are equal for the store. */
    private static Mutant folding(String rule, String what, UnaryOperator<String> key) {
        return Mutant.store(rule, what, world -> new PlainStore(world.time()) {
            @Override
            String key(String name) {
                return key.apply(name);
            }
        });
    }

    static Mutant sharing(String rule, String what, BinaryOperator<String> joined) {
        return new Mutant(what, rule, new OneStore(joined));
    }

    /** One store for all namespaces, which are part of the paths of its directories. */
    private static class OneStore implements World.Backends {
        private final BinaryOperator<String> joined;

        OneStore(BinaryOperator<String> joined) {
            this.joined = joined;
        }

        @Override
        public Backend connect(World world, BackendConfig config) {
            return new Joined(
                    new PlainClient(world.only(), config), directory -> joined.apply(config.namespace(), directory));
        }
    }

    /** Uses other directory names in the store than its user does. */
    private static final class Joined extends Wrapper {
        private final UnaryOperator<String> path;

        Joined(Backend below, UnaryOperator<String> path) {
            super(below);
            this.path = path;
        }

        private Query inStore(Query query) {
            String directory = path.apply(query.directory());
            if (query instanceof Query.One one) {
                return new Query.One(directory, one.name());
            }
            return query instanceof Query.Range range
                    ? new Query.Range(directory, range.after(), range.limit())
                    : new Query.All(directory);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(inStore(query));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(new Commit(
                    path.apply(commit.directory()),
                    commit.conditions(),
                    commit.writes(),
                    commit.returning().map(this::inStore)));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(new Target(path.apply(target.directory()), target.name()), listener);
        }
    }
}
