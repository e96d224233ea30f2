package io.sereno.spring;

import io.sereno.Sereno;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** Application contexts with the annotations, and with a client that a test gives. */
final class Contexts {
    private Contexts() {}

    static AnnotationConfigApplicationContext start(Sereno sereno, Class<?>... components) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.registerBean("sereno", Sereno.class, () -> sereno);
        context.register(SerenoAnnotations.class);
        context.register(components);
        context.refresh();
        return context;
    }
}
