package io.sereno;

import java.util.List;
import java.util.ServiceLoader;

/** What sereno-recipes registers with ServiceLoader; not for applications. Lives here, not in spi, or the packages would form a cycle. */
public interface SerenoFactory {
    Sereno.Builder newBuilder();
    /** Looks with the context class loader, then Sereno's own; anything but one is a SerenoConfigurationException naming the jar to add, or both jars. */
    static SerenoFactory load() {
        List<SerenoFactory> found = ServiceLoader.load(SerenoFactory.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        if (found.size() != 1)
            throw new SerenoConfigurationException(found.isEmpty() ? "add sereno-recipes" : "found twice: " + found);
        return found.get(0);
    }
}
