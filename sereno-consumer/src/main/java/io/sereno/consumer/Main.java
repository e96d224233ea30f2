package io.sereno.consumer;

import io.sereno.Grant;
import io.sereno.Sereno;

/** Takes a lock, with every part of Sereno in a named module of its own; the exit code says whether it worked. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        expect("the application", "io.sereno.consumer", Main.class);
        try (Sereno sereno = Sereno.connect("memory:")) {
            expect("the API", "io.sereno", Sereno.class);
            expect("the client", "io.sereno.recipes", sereno.getClass());
            try (Grant grant = sereno.mutex("module-path").acquire()) {
                if (!grant.isHeld()) {
                    throw new IllegalStateException("a fresh grant is not held");
                }
                System.out.println("A lock was held on the module path, on "
                        + sereno.guarantees().backend() + ", with the token " + grant.fencingToken());
            }
        }
    }

    private static void expect(String what, String module, Class<?> type) {
        if (!module.equals(type.getModule().getName())) {
            throw new IllegalStateException(what + " is in " + type.getModule() + ", expected was module " + module);
        }
    }
}
