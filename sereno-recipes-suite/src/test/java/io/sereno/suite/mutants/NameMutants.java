package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Entry;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;

/** Names with a special meaning, and names that collide. */
final class NameMutants {
    private NameMutants() {}

    static void addTo(Mutants all) {
        all.client("NAM-1a", "names longer than 255 bytes are refused")
                .in(refusing(name -> PlainStore.bytes(name) > 255));
        all.client("NAM-1a", "control characters are refused")
                .in(refusing(name -> name.chars().anyMatch(Character::isISOControl)));
        all.store("NAM-1b", "upper and lower case are the same")
                .with(store -> store.key = name -> name.toLowerCase(Locale.ROOT));
        all.store("NAM-1b", "names are normalised")
                .with(store -> store.key = name -> Normalizer.normalize(name, Normalizer.Form.NFKC));
        all.store("NAM-1b", "the escaping is not injective")
                .with(store -> store.key = name -> name.replace("/", "%2F"));
        all.store("NAM-1b", "spaces at the end are cut off")
                .with(store -> store.key =
                        name -> name.endsWith(" ") && name.length() > 1 ? name.substring(0, name.length() - 1) : name);
        all.store("NAM-1b", "a path is resolved")
                .with(store -> store.path = directory -> directory.replaceAll("/+", "/"));
        all.store("NAM-2a", "a directory is read by its prefix")
                .with(store -> store.entries = directory -> {
                    List<Entry> found = new ArrayList<>();
                    store.directories.forEach((path, entries) -> {
                        if (path.equals(directory) || path.startsWith(directory + "/")) {
                            entries.values().stream()
                                    .filter(entry -> found.stream()
                                            .noneMatch(other -> other.name().equals(entry.name())))
                                    .forEach(found::add);
                        }
                    });
                    found.sort(Comparator.comparing(Entry::name, PlainStore.BY_BYTES));
                    return found;
                });
        all.store("NAM-2a", "a directory is watched by its prefix")
                .with(store -> store.covers = (watch, directory, name) -> store.covers(watch, directory, name)
                        || (watch.target().name().isEmpty()
                                && directory.startsWith(watch.target().directory() + "/")));
        all.add(sharing("NAM-2b", "all namespaces are one", (namespace, directory) -> directory));
        all.add(sharing(
                "NAM-2b",
                "a namespace with a slash at its end is the one without",
                (namespace, directory) -> namespace.replaceAll("/+$", "") + "\u0001" + directory));
        all.add(new Mutant(
                "namespaces are watched by their prefix",
                "NAM-2b",
                new OneStore((namespace, directory) -> namespace + "\u0001" + directory) {
                    @Override
                    public PlainStore store(World world) {
                        PlainStore store = new PlainStore(world.time());
                        store.covers = (watch, directory, name) -> {
                            String own = watch.target().directory();
                            return store.covers(watch, directory, name)
                                    || (directory.startsWith(own.substring(0, own.indexOf('\u0001')))
                                            && directory.endsWith(own.substring(own.indexOf('\u0001')))
                                            && watch.target().name().isEmpty());
                        };
                        return store;
                    }
                }));
        all.add(sharing(
                "NAM-2c",
                "namespace and directory are joined by a slash",
                (namespace, directory) -> namespace + "/" + directory));
    }

    private static Mutants.Layer refusing(Predicate<String> refused) {
        return (world, below, executor) -> new Hooks(below).commits(commit -> {
            boolean bad = refused.test(commit.directory())
                    || commit.writes().stream().anyMatch(write -> refused.test(write.name()));
            return bad ? failedFuture(PlainStore.refused("such a name")) : below.commit(commit);
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
            return Commits.moved(
                    new PlainClient(world.only(), config), directory -> joined.apply(config.namespace(), directory));
        }
    }
}
