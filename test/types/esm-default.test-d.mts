/** An ES module imports names: there is no default export. */
import("socket.io").then((door) => {
  new door.Server();
  // @ts-expect-error the callable export is for require()
  door.default(3000);
});
