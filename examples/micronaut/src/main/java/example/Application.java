package example;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.Micronaut;

/** Without a web server nothing else closes the context when the process is asked to end. */
public class Application {
    public static void main(String[] arguments) throws InterruptedException {
        ApplicationContext context = Micronaut.run(Application.class, arguments);
        Runtime.getRuntime().addShutdownHook(new Thread(context::close));
        Thread.currentThread().join();
    }
}
